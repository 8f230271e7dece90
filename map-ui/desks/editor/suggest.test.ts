import { expect, test } from 'vitest'
import { suggest } from './suggest.ts'

test('a field that sensors often send is recognised, with the unit that its name or size tells', () => {
  const s = (field: string, value: unknown) => {
    const found = suggest(field, value)
    return found && `${found.observedProperty} ${found.unit}`
  }
  expect(s('temp_C', 21.4)).toBe('temperature Cel')
  expect(s('temperature_f', 70)).toBe('temperature [degF]')
  expect(s('sensors.airTemperature', 12)).toBe('temperature Cel')
  expect(s('TempC_SHT', 12)).toBe('temperature Cel')
  expect(s('temp_SOIL', '12.3')).toBe('soilTemperature Cel')
  expect(s('water_SOIL', 33)).toBe('soilMoisture %')
  expect(s('Hum_SHT', 55)).toBe('humidity %')
  expect(s('rh', 55)).toBe('humidity %')
  expect(s('pm2_5', 8)).toBe('pm25 ug/m3')
  expect(s('PM10', 8)).toBe('pm10 ug/m3')
  expect(s('pressure', 101325)).toBe('pressure Pa')
  expect(s('pressure', 1013)).toBe('pressure hPa')
  expect(s('BatV', 3.3)).toBe('batteryVoltage V')
  expect(s('battery_mv', 3300)).toBe('batteryVoltage mV')
  expect(s('battery', 3250)).toBe('batteryVoltage mV')
  expect(s('co2_ppm', 420)).toBe('co2 [ppm]')
  expect(s('no2_ppb', 12)).toBe('no2 [ppb]')
  expect(s('conduct_SOIL', 120)).toBe('soilConductivity uS/cm')
  expect(s('windSpeed_kmh', 12)).toBe('windSpeed km/h')
  expect(s('distance_mm', 1200)).toBe('distance mm')
  expect(s('rssi', -97)).toBe('signalStrength dB')
  expect(s('lampPower', 38)).toBe('lampPower W')
})

test('what does not look like a reading gets no suggestion', () => {
  expect(suggest('firmware', '1.2.3')).toBeNull()
  expect(suggest('serial', 'A17')).toBeNull()
  expect(suggest('counter', 17)).toBeNull()
  expect(suggest('constructor', 1)).toBeNull()
})
