import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { openRecords } from '../../store/records/open.ts'
import { openSecrets } from '../../store/secrets.ts'
import { type Findings, ImportError } from './report.ts'
import { IMPORT_KINDS, type ImportKind, runImport } from './run.ts'

const USAGE = `npm run import -- KIND FILE [FILE…] [options]

KIND
  nwb           wegvakken of the Nationaal Wegenbestand: GML or GeoJSON, also .gz, in one or more files that are one
                network together. Replaces the network; evidence is attached to the new one by where it lies
  pavement      CSV with wvk_id, pavement (asphalt, concrete, elements, tiles, cobbles, unpaved, unknown)
  road-objects  GeoJSON or CSV points with kind (hump, cover, level-crossing, bridge-joint, tram-track)
  bgt           a layer of the BGT (IMGeo GML, also .gz): wegdeel gives pavement and humps, put gives covers,
                paal gives lamps
  lamps         GeoJSON or CSV points: id, or street and number; height_m, power_w, circuit
  air-posts     GeoJSON or CSV points: id, name, street
  devices       CSV: id, name, kind, format, area, asset_id, lng, lat, expected_interval_s, …

Options
  --data DIR      data folder of the town (or SCHOUW_DATA_DIR); one of the two is needed
  --name TEXT     how this import is called; the file's name when absent
  --municipality NAME  nwb: only its roads (gme_naam), of a file that holds those of neighbours too
  --secrets FILE  devices: write the fresh secrets here, {"id": "secret"}
  --rotate        devices: new secrets for devices that are registered already
  --lat-first     points: the file writes latitude before longitude
  --help          this text

Exit code: 0 done, 1 the file was refused and nothing changed, 2 the command was not understood.
The town may run meanwhile.`

const PROGRESS_BYTES = 20 * 1024 * 1024

async function main(): Promise<number> {
  const parsed = parse()
  if (typeof parsed === 'string') {
    console.error(`${parsed}\n\n${USAGE}`)
    return 2
  }
  const { values, positionals } = parsed
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const [kind, file, ...more] = positionals
  const dataDir = values.data ?? process.env.SCHOUW_DATA_DIR
  const wrong =
    kind === undefined || file === undefined
      ? 'A kind and a file are needed.'
      : !(IMPORT_KINDS as readonly string[]).includes(kind)
        ? `There is no import of "${kind}".`
        : more.length > 0 && kind !== 'nwb'
          ? `One file at a time; what is "${more[0]}"?`
          : !dataDir
            ? 'Which town? Give --data DIR, or set SCHOUW_DATA_DIR.'
            : undefined
  if (wrong !== undefined || !kind || !file || !dataDir) {
    console.error(`${wrong}\n\n${USAGE}`)
    return 2
  }
  const files = [file, ...more].map(whereItIs)
  const absent = files.find((f) => !existsSync(f) || !statSync(f).isFile())
  if (absent !== undefined) {
    console.error(`There is no file ${absent}`)
    return 1
  }
  const folder = path.resolve(dataDir)
  if (!existsSync(folder)) {
    console.error(`There is no data folder ${folder}. Start the town once: npm start -- --empty`)
    return 1
  }
  const secrets = openSecrets(folder)
  const records = await openRecords(folder)
  let said = 0
  try {
    const report = await runImport({
      records,
      secrets,
      kind: kind as ImportKind,
      file: files[0] ?? file,
      moreFiles: files.slice(1),
      now: Date.now,
      ...(values.name === undefined ? {} : { name: values.name }),
      ...(values.secrets === undefined ? {} : { secretsFile: values.secrets }),
      ...(values.municipality === undefined ? {} : { municipality: values.municipality }),
      rotate: values.rotate ?? false,
      latitudeFirst: values['lat-first'] ?? false,
      onProgress: (bytes) => {
        if (bytes - said < PROGRESS_BYTES) return
        said = bytes
        console.error(`… ${Math.round(bytes / 1024 / 1024)} MB read`)
      },
    })
    console.log(`${kind} from ${files.join(', ')} into ${folder}`)
    console.log(
      `  read ${report.findings.read}, imported ${report.imported}, refused ${report.findings.refused}`,
    )
    for (const line of report.details) console.log(`  ${line}`)
    tell(report.findings)
    return 0
  } catch (error) {
    if (error instanceof ImportError) {
      console.error(error.message)
      if (error.findings) tell(error.findings)
    } else console.error('The import failed.', error)
    console.error('Nothing was changed.')
    return 1
  } finally {
    await records.close()
  }
}

/** npm runs a script in the folder of the package; a person names files from where they stand. */
function whereItIs(file: string): string {
  const stood = process.env.INIT_CWD
  if (existsSync(file) || !stood) return file
  return path.resolve(stood, file)
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        name: { type: 'string' },
        municipality: { type: 'string' },
        secrets: { type: 'string' },
        rotate: { type: 'boolean' },
        'lat-first': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    return (error as Error).message
  }
}

const SHOWN = 20

function tell(findings: Findings): void {
  for (const text of findings.notes) console.log(`  note: ${text}`)
  for (const { where, reason } of findings.refusals.slice(0, SHOWN))
    console.log(`  refused ${where}: ${reason}`)
  if (findings.refused > SHOWN) {
    console.log(`  … and ${findings.refused - SHOWN} more. By reason:`)
    for (const [reason, n] of findings.reasons) console.log(`    ${n} × ${reason}`)
  }
}

process.exitCode = await main()
