import { expect, test } from 'vitest'
import { isSoundFilter, matchesFilter } from './grant.ts'
import { createFilterTree, createTopicTree } from './topic-tree.ts'

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('both trees agree with the plain rule on random topics and filters', () => {
  const next = random(11)
  const words = ['a', 'b', '', 'devices', 'x1', '$a']
  const topic = () => Array.from({ length: 1 + next(4) }, () => words[next(words.length)]).join('/')
  const filter = () => {
    const levels = Array.from({ length: 1 + next(4) }, () =>
      next(3) === 0 ? '+' : words[next(words.length)],
    )
    if (next(3) === 0) levels.push('#')
    return levels.join('/')
  }
  const topics = new Set(Array.from({ length: 300 }, topic).filter((t) => t !== ''))
  const filters = new Set(Array.from({ length: 300 }, filter).filter(isSoundFilter))
  const byFilter = createFilterTree<string>()
  const byTopic = createTopicTree<string>()
  for (const f of filters) byFilter.add(f, f)
  for (const t of topics) byTopic.set(t, t)
  for (const t of topics) {
    expect(new Set(byFilter.match(t)), t).toEqual(new Set([...filters].filter((f) => matchesFilter(f, t))))
  }
  for (const f of filters) {
    expect(new Set(byTopic.match(f)), f).toEqual(new Set([...topics].filter((t) => matchesFilter(f, t))))
  }
})

test('what is removed is gone, and its branches with it', () => {
  const tree = createFilterTree<number>()
  tree.add('a/+/c', 1)
  tree.add('a/+/c', 2)
  tree.remove('a/+/c', (v) => v === 1)
  expect(tree.match('a/b/c')).toEqual([2])
  tree.remove('a/+/c', () => true)
  expect(tree.match('a/b/c')).toEqual([])
  const topics = createTopicTree<number>()
  topics.set('a/b', 1)
  topics.delete('a/b')
  expect(topics.match('#')).toEqual([])
  expect(topics.size).toBe(0)
})

test('a wildcard in the first level never holds $ topics', () => {
  const topics = createTopicTree<number>()
  topics.set('$SYS/x', 1)
  topics.set('a/x', 2)
  expect(topics.match('#')).toEqual([2])
  expect(topics.match('+/x')).toEqual([2])
  expect(topics.match('$SYS/#')).toEqual([1])
})
