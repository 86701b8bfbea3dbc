import type { Fault } from './fault.ts'

type Found = Omit<Fault, 'file'>
type Table = Record<string, unknown>

/** Before this day `Headers` has no `getSetCookie`, which the kit needs. */
const OLDEST = '2023-03-01'

/** Checks a configuration of wrangler, whatever is in it. */
export function checkConfig(given: unknown): Found[] {
  const config = tableOf(given)
  const environments = Object.entries(tableOf(config['env']))
  return [
    ...checkDate('', config, config),
    ...checkVars('', config),
    ...checkObjects('', config, config),
    ...environments.flatMap(([name, value]) => {
      const environment = tableOf(value)
      const where = `[env.${name}] `
      const dates = environment['compatibility_date'] ?? environment['compatibility_flags']
      return [
        ...(dates === undefined ? [] : checkDate(where, environment, config)),
        ...checkVars(where, environment),
        ...checkObjects(where, environment, config),
        ...checkBindings(where, environment, config),
      ]
    }),
  ]
}

function checkDate(where: string, table: Table, config: Table): Found[] {
  const date = table['compatibility_date'] ?? config['compatibility_date']
  const flags = listOf(table['compatibility_flags'] ?? config['compatibility_flags'])
  const rule = 'compatibility-date'
  if (typeof date !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(date)) {
    return [{ rule, message: `${where}There is no compatibility_date like "2026-06-01".` }]
  }
  if (date >= OLDEST || flags.includes('http_headers_getsetcookie')) return []
  return [{ rule, message: `${where}compatibility_date is before ${OLDEST}: make it later.` }]
}

/** Variables stand in the repository and in the dashboard, for everybody to read. */
function checkVars(where: string, table: Table): Found[] {
  const names = Object.keys(tableOf(table['vars'])).filter((name) => /secret/i.test(name))
  return names.map((name) => ({
    rule: 'secret-in-vars',
    message: `${where}${name} is a variable: take it out, and \`wrangler secret put ${name}\`.`,
  }))
}

/** Environments inherit no bindings. */
function checkBindings(where: string, environment: Table, config: Table): Found[] {
  return [kvBindings, objectBindings].flatMap((bindings) => {
    const own = bindings(environment).map(nameOf)
    const missing = bindings(config)
      .map(nameOf)
      .filter((name) => !own.includes(name))
    return missing.map((name): Found => {
      const message = `${where}The binding ${name} is not inherited: name it there, too.`
      return { rule: 'binding-not-inherited', message }
    })
  })
}

/** An object of session-kit/durable-object keeps its record in SQLite. */
function checkObjects(where: string, table: Table, config: Table): Found[] {
  const migrations = [...listOf(config['migrations']), ...listOf(table['migrations'])].map(tableOf)
  const made = migrations.flatMap((step) => [
    ...listOf(step['new_sqlite_classes']),
    ...listOf(step['renamed_classes']).map((renamed) => tableOf(renamed)['to']),
    ...listOf(step['transferred_classes']).map((moved) => tableOf(moved)['to']),
  ])
  return objectBindings(table)
    .filter((binding) => binding['script_name'] === undefined)
    .filter((binding) => !made.includes(binding['class_name']))
    .map((binding) => ({
      rule: 'no-sqlite-migration',
      message: `${where}No migration has ${String(binding['class_name'])} among its new_sqlite_classes.`,
    }))
}

function kvBindings(table: Table): Table[] {
  return listOf(table['kv_namespaces']).map(tableOf)
}

function objectBindings(table: Table): Table[] {
  return listOf(tableOf(table['durable_objects'])['bindings']).map(tableOf)
}

function nameOf(binding: Table): string {
  return String(binding['binding'] ?? binding['name'])
}

function tableOf(value: unknown): Table {
  return typeof value === 'object' && value !== null ? (value as Table) : {}
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
