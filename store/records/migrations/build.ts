import type { ColumnDefinitionBuilder, Kysely } from 'kysely'
import type { RecordsDb } from '../schema.ts'

type Columns = Record<string, string>

/** 'text', 'real?' (nullable), 'text pk', 'text unique', 'serial' (auto-increment key). */
export async function table(db: Kysely<RecordsDb>, name: string, columns: Columns): Promise<void> {
  let builder = db.schema.createTable(name)
  for (const [column, spec] of Object.entries(columns)) {
    if (spec === 'serial') {
      builder = builder.addColumn(column, 'integer', (c) => c.primaryKey().autoIncrement())
      continue
    }
    const [typeName = 'text', extra] = spec.split(' ')
    const nullable = typeName.endsWith('?')
    const type = typeName.replace('?', '') as 'text' | 'real' | 'bigint' | 'integer' | 'blob'
    builder = builder.addColumn(column, type, (c: ColumnDefinitionBuilder) => {
      let built = nullable ? c : c.notNull()
      if (extra === 'pk') built = built.primaryKey()
      if (extra === 'unique') built = built.unique()
      return built
    })
  }
  await builder.execute()
}

export async function index(db: Kysely<RecordsDb>, name: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${name}_${columns.join('_')}`)
    .on(name)
    .columns(columns)
    .execute()
}

/** Columns that came later: nullable, or with a default that says nothing. */
export async function addColumns(
  db: Kysely<RecordsDb>,
  name: string,
  columns: Record<
    string,
    'text' | 'real' | 'bigint' | 'integer' | { type: 'text' | 'integer' | 'bigint'; start: string | number }
  >,
): Promise<void> {
  // One statement each: SQLite alters one column at a time.
  for (const [column, spec] of Object.entries(columns)) {
    const change = db.schema.alterTable(name)
    await (typeof spec === 'string'
      ? change.addColumn(column, spec)
      : change.addColumn(column, spec.type, (c) => c.notNull().defaultTo(spec.start))
    ).execute()
  }
}
