import type { DatabaseSync } from 'node:sqlite'
import { treesMeet } from '../../model/topics.ts'

/**
 * The bridge that has a topic of this tree in its own. Those that were revoked count no more: who takes the place of
 * such a bridge has its topics.
 *
 * @param id the bridge whose tree it is to be
 */
export function bridgeWithTree(sqlite: DatabaseSync, id: string, topicTree: string): string | undefined {
  const others = sqlite
    .prepare(
      `select id, topic_tree as tree from device
       where topic_tree is not null and revoked_at is null and id <> ? order by id`,
    )
    .all(id) as { id: string; tree: string }[]
  return others.find(({ tree }) => treesMeet(topicTree, tree))?.id
}
