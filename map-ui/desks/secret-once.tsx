import type { Credential } from '../client/types.ts'
import { Copy } from '../parts/copy.tsx'
import { Alert } from '../parts/states.tsx'
import { useText } from '../text/language.ts'

/** The secret of a device, this once, with a line that proves that it works. */
export function SecretOnce({ credential }: { credential: Credential }) {
  const t = useText()
  return (
    <div className="form">
      <Alert kind="warning">{t.device.secretOnce}</Alert>
      <Copy label={t.device.idLabel} value={credential.deviceId} />
      <Copy label={t.device.secret} value={credential.secret} />
      <Copy label={t.device.example} value={exampleOf(credential)} multiline />
    </div>
  )
}

function exampleOf({ deviceId, secret, mqttUrl }: Credential): string {
  const url = new URL(mqttUrl)
  const tls = url.protocol === 'mqtts:' ? ' --tls-use-os-certs' : ''
  const body = JSON.stringify({
    observedProperty: 'temperature',
    phenomenonTime: new Date().toISOString(),
    result: 12.3,
    unit: 'Cel',
  })
  return [
    `mosquitto_pub -h ${url.hostname} -p ${url.port || (tls ? 8883 : 1883)}${tls} -q 1 \\`,
    `  -i ${deviceId} -u ${deviceId} -P '${secret}' \\`,
    `  -t devices/${deviceId}/observations \\`,
    `  -m '${body}'`,
  ].join('\n')
}
