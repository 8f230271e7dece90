import { SaxesParser } from 'saxes'
import { byteStream } from './read-bytes.ts'
import { ImportError } from './report.ts'

/**
 * A light tree of one feature. Names are local names in lower case: the same object comes with `nwbwegen:`, `nwb:` or no
 * prefix, depending on who made the file.
 */
export type XmlNode = {
  name: string
  attributes: Record<string, string>
  text: string
  children: XmlNode[]
  line: number
}

/** Elements that hold features: WFS 2.0, GML 2 and 3, CityGML. */
const MEMBERS = new Set(['member', 'featuremember', 'featuremembers', 'cityobjectmember'])
/** A feature that grows beyond this is no feature. */
const MAX_FEATURE_NODES = 200_000
const MAX_FEATURE_CHARS = 32 * 1024 * 1024

/**
 * Read the features of a GML or CityGML file one by one. The file is streamed: memory holds one feature.
 *
 * @param onFeature gets each feature and the `srsName` that the collection declares for all ('' when none)
 * @param onProgress bytes read so far (of the unpacked file)
 * @throws ImportError when the file is not well-formed XML or is cut off, with the line
 */
export async function readGmlFeatures(
  file: string,
  onFeature: (feature: XmlNode, collectionSrs: string) => void,
  onProgress?: (bytes: number) => void,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, position: true, fileName: '' })
  const stack: XmlNode[] = []
  let outside: string[] = []
  let nodes = 0
  let chars = 0
  let collectionSrs = ''
  let failure: Error | null = null

  parser.on('error', (error) => {
    failure ??= error
  })
  parser.on('opentag', (tag) => {
    const name = local(tag.name)
    const parent = stack[stack.length - 1]
    if (!parent) {
      const isFeature = MEMBERS.has(outside[outside.length - 1] ?? '')
      if (!isFeature) {
        outside.push(name)
        const srs = attribute(tag.attributes, 'srsname')
        if (srs && collectionSrs === '') collectionSrs = srs
        return
      }
    }
    const node: XmlNode = {
      name,
      attributes: lowerKeys(tag.attributes),
      text: '',
      children: [],
      line: parser.line,
    }
    nodes++
    if (nodes > MAX_FEATURE_NODES) failure ??= new Error(`${parser.line}: a feature without end`)
    parent?.children.push(node)
    stack.push(node)
  })
  const addText = (text: string) => {
    const node = stack[stack.length - 1]
    if (!node) return
    chars += text.length
    if (chars > MAX_FEATURE_CHARS) failure ??= new Error(`${parser.line}: a feature without end`)
    node.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    const node = stack.pop()
    if (!node) {
      outside = outside.slice(0, -1)
      return
    }
    if (stack.length === 0) {
      nodes = 0
      chars = 0
      if (!failure) onFeature(node, collectionSrs)
    }
  })

  let decoder: InstanceType<typeof TextDecoder> | null = null
  let bytes = 0
  try {
    for await (const chunk of byteStream(file)) {
      decoder ??= new TextDecoder(declaredEncoding(chunk as Buffer))
      parser.write(decoder.decode(chunk as Buffer, { stream: true }))
      bytes += (chunk as Buffer).length
      onProgress?.(bytes)
      if (failure) break
    }
    if (!failure) parser.close()
  } catch (error) {
    failure ??= error as Error
  }
  if (failure) {
    throw new ImportError(`${file} is not well-formed XML, line ${failure.message}`, null, { cause: failure })
  }
}

function declaredEncoding(head: Buffer): string {
  const match = /<\?xml[^>]*encoding\s*=\s*["']([\w-]+)["']/.exec(head.subarray(0, 200).toString('latin1'))
  try {
    return new TextDecoder(match?.[1] ?? 'utf-8').encoding
  } catch {
    return 'utf-8'
  }
}

function local(name: string): string {
  return name.slice(name.indexOf(':') + 1).toLowerCase()
}

function lowerKeys(attributes: Record<string, string>): Record<string, string> {
  const lower: Record<string, string> = {}
  for (const [key, value] of Object.entries(attributes)) lower[local(key)] = value
  return lower
}

function attribute(attributes: Record<string, string>, name: string): string | undefined {
  return lowerKeys(attributes)[name]
}

/** All leaf texts of a feature by local name; of names that repeat, the first. */
export function leafFields(feature: XmlNode): Map<string, string> {
  const fields = new Map<string, string>()
  const visit = (node: XmlNode) => {
    if (node.children.length > 0) node.children.forEach(visit)
    else if (!fields.has(node.name)) fields.set(node.name, node.text.trim())
  }
  feature.children.forEach(visit)
  return fields
}

/** First node with one of the names, depth first, the node itself included. */
export function findNode(node: XmlNode, names: ReadonlySet<string>): XmlNode | undefined {
  if (names.has(node.name)) return node
  for (const child of node.children) {
    const found = findNode(child, names)
    if (found) return found
  }
  return undefined
}
