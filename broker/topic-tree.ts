/*
 * Two trees over the levels of MQTT topics. Filters are added and a topic asks which of them match; or topics are kept
 * and a filter asks which of them it holds. Both walk one path instead of testing all: with 10,000 devices coming back
 * at once, each with its own subscription, testing all would take minutes.
 */

type Node<T> = { children: Map<string, Node<T>>; values: T[] }

const newNode = <T>(): Node<T> => ({ children: new Map(), values: [] })

function descend<T>(root: Node<T>, levels: string[]): Node<T> {
  let node = root
  for (const level of levels) {
    let child = node.children.get(level)
    if (!child) {
      child = newNode()
      node.children.set(level, child)
    }
    node = child
  }
  return node
}

/** Drop a value and the branches that hold nothing any more. */
function prune<T>(node: Node<T>, levels: string[], at: number, drop: (values: T[]) => T[]): void {
  const level = levels[at]
  if (level === undefined) {
    node.values = drop(node.values)
    return
  }
  const child = node.children.get(level)
  if (!child) return
  prune(child, levels, at + 1, drop)
  if (child.values.length === 0 && child.children.size === 0) node.children.delete(level)
}

/** Subscriptions: filters with values, asked by topic. */
export type FilterTree<T> = {
  add(filter: string, value: T): void
  /** Drop the values of this filter for which `same` holds. */
  remove(filter: string, same: (value: T) => boolean): void
  match(topic: string): T[]
}

export function createFilterTree<T>(): FilterTree<T> {
  const root = newNode<T>()
  const collect = (node: Node<T>, levels: string[], at: number, found: T[]): void => {
    // `a/#` holds `a` too (MQTT 3.1.1 clause 4.7.1.2), so the multi-level branch counts before the levels are used up.
    // A wildcard in the first level holds no `$…` topic [MQTT-4.7.2-1].
    const hidden = at === 0 && levels[0]?.startsWith('$') === true
    const rest = node.children.get('#')
    if (rest && !hidden) found.push(...rest.values)
    const level = levels[at]
    if (level === undefined) {
      found.push(...node.values)
      return
    }
    const exact = node.children.get(level)
    if (exact) collect(exact, levels, at + 1, found)
    const any = node.children.get('+')
    if (any && level !== '+' && !hidden) collect(any, levels, at + 1, found)
  }
  return {
    add: (filter, value) => {
      descend(root, filter.split('/')).values.push(value)
    },
    remove: (filter, same) => prune(root, filter.split('/'), 0, (values) => values.filter((v) => !same(v))),
    match(topic) {
      const found: T[] = []
      collect(root, topic.split('/'), 0, found)
      return found
    },
  }
}

/** Retained messages: one value a topic, asked by filter. */
export type TopicTree<T> = {
  readonly size: number
  get(topic: string): T | undefined
  set(topic: string, value: T): void
  delete(topic: string): void
  match(filter: string): T[]
  values(): Iterable<T>
}

export function createTopicTree<T>(): TopicTree<T> {
  const root = newNode<T>()
  const byTopic = new Map<string, T>()
  const everything = (node: Node<T>, found: T[]): void => {
    found.push(...node.values)
    for (const child of node.children.values()) everything(child, found)
  }
  const collect = (node: Node<T>, levels: string[], at: number, found: T[]): void => {
    const level = levels[at]
    if (level === undefined) {
      found.push(...node.values)
    } else if (level === '#') {
      if (at > 0) found.push(...node.values)
      for (const [name, child] of node.children) if (at > 0 || !name.startsWith('$')) everything(child, found)
    } else if (level === '+') {
      // A wildcard in the first level never holds `$…` topics [MQTT-4.7.2-1].
      for (const [name, child] of node.children) {
        if (at > 0 || !name.startsWith('$')) collect(child, levels, at + 1, found)
      }
    } else {
      const child = node.children.get(level)
      if (child) collect(child, levels, at + 1, found)
    }
  }
  return {
    get size() {
      return byTopic.size
    },
    get: (topic) => byTopic.get(topic),
    set(topic, value) {
      byTopic.set(topic, value)
      descend(root, topic.split('/')).values = [value]
    },
    delete(topic) {
      if (byTopic.delete(topic)) prune(root, topic.split('/'), 0, () => [])
    },
    match(filter) {
      const found: T[] = []
      collect(root, filter.split('/'), 0, found)
      return found
    },
    values: () => byTopic.values(),
  }
}
