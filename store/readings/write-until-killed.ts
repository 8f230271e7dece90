import { openReadingsWriter } from './open.ts'

// A child of the crash test: batches of 1,000 readings until somebody kills it. Tells each committed batch.
const dataDir = process.argv[2] ?? ''
const writer = await openReadingsWriter({ dataDir })
const start = Date.UTC(2026, 0, 1)
for (let batch = 1; ; batch++) {
  const readings = Array.from({ length: 1_000 }, (_, i) => {
    const ms = start + (batch * 1_000 + i) * 700
    return {
      deviceId: `d-${i % 50}`,
      datastream: 'temperature',
      property: 'temperature',
      ms,
      ns: 0,
      value: i,
      resultMs: ms,
      receivedAt: ms,
      messageId: '',
      quality: 0,
      rawValue: null,
      rawUnit: null,
      calibration: null,
      durationMs: null,
    }
  })
  await writer.write({ readings, chunks: [], mark: { epoch: 1, sequence: batch } })
  process.send?.(batch)
  await new Promise((resolve) => setImmediate(resolve))
}
