import { useText } from '../text/language.ts'

/** Entries of one object or list that are drawn; a payload may have thousands. */
const MOST = 200

type Props = {
  value: unknown
  /** RFC 6901 pointers of what is pointed out; they are open from the start */
  marked?: readonly string[]
  /** how many levels are open from the start */
  open?: number
}

/** A parsed payload, to be opened level by level. */
export function JsonTree({ value, marked = [], open = 3 }: Props) {
  return (
    <ul className="tree">
      <Node name={null} value={value} pointer="" marked={marked} open={open} />
    </ul>
  )
}

type NodeProps = {
  name: string | null
  value: unknown
  pointer: string
  marked: readonly string[]
  open: number
}

function Node({ name, value, pointer, marked, open }: NodeProps) {
  const t = useText()
  const here = marked.includes(pointer)
  const className = here ? 'tree-node tree-node--marked' : 'tree-node'
  const key = name === null ? null : <span className="tree-key">{name}</span>
  const note = here ? <span className="tree-note">{t.desk.trace.wrongHere}</span> : null
  if (typeof value !== 'object' || value === null) {
    return (
      <li className={className}>
        {key} <span className={`tree-value tree-value--${typeof value}`}>{JSON.stringify(value)}</span>
        {note}
      </li>
    )
  }
  const entries = Object.entries(value)
  const size = Array.isArray(value) ? t.desk.trace.entries(entries.length) : t.desk.trace.keys(entries.length)
  const inside = marked.some((m) => m.startsWith(`${pointer}/`))
  return (
    <li className={className}>
      <details open={open > 0 || inside}>
        <summary>
          {key} <span className="tree-size">{size}</span>
          {note}
        </summary>
        <ul>
          {entries.slice(0, MOST).map(([childName, child]) => (
            <Node
              key={childName}
              name={childName}
              value={child}
              pointer={`${pointer}/${childName.replaceAll('~', '~0').replaceAll('/', '~1')}`}
              marked={marked}
              open={open - 1}
            />
          ))}
          {entries.length > MOST ? (
            <li className="tree-size">{t.desk.trace.andMore(entries.length - MOST)}</li>
          ) : null}
        </ul>
      </details>
    </li>
  )
}
