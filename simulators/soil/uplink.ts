import { airAt } from '../air/behaviour.ts'
import { createRandom } from '../random.ts'
import type { AirPost, SoilSensor } from '../town/types.ts'

/** A The Things Stack v3 uplink of a road-side soil probe, as the network server's integration publishes it. */
export function soilUplink(
  sensor: SoilSensor,
  post: AirPost,
  ms: number,
  count: number,
  seed: number,
): string {
  const random = createRandom(seed).fork(`${sensor.id} ${ms}`)
  const air = airAt(post, ms, seed)
  const receivedAt = new Date(ms).toISOString().replace('Z', '123456Z')
  const eui = `70B3D57ED00${(0x10000 + Number.parseInt(sensor.id.replace(/\D/g, ''), 10)).toString(16).toUpperCase()}`
  return JSON.stringify({
    end_device_ids: {
      device_id: sensor.externalId,
      application_ids: { application_id: 'schouwerdam' },
      dev_eui: eui,
      dev_addr: '260B1904',
    },
    correlation_ids: [`as:up:${sensor.externalId}-${ms}`],
    received_at: receivedAt,
    uplink_message: {
      f_port: 2,
      // The network server leaves out what is zero.
      ...(count > 0 ? { f_cnt: count } : {}),
      frm_payload: 'AAAA',
      decoded_payload: {
        Bat: `${(3.3 + 0.02 * random.normal()).toFixed(3)} V`,
        temp_SOIL: (air.temperature * 0.7 + 3 + 0.1 * random.normal()).toFixed(2),
        water_SOIL: (28 + 4 * Math.sin(ms / 2e8) + 0.3 * random.normal()).toFixed(2),
      },
      rx_metadata: [{ gateway_ids: { gateway_id: 'gw-schouwerdam-1' }, rssi: -97, snr: 7.2 }],
      settings: { data_rate: { lora: { bandwidth: 125000, spreading_factor: 9 } }, frequency: '868100000' },
      received_at: receivedAt,
    },
  })
}
