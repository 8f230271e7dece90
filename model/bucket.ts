/**
 * Tokens for one client: `rate` a second, `seconds` worth of them saved up at most. So the rate holds on average over
 * that time and a burst within it passes.
 */
export type Bucket = { tokens: number; at: number }

/** Over how many seconds the messages of a device are averaged, over MQTT and over HTTP. */
export const RATE_SECONDS = 10

export function fullBucket(rate: number, seconds: number, now: number): Bucket {
  return { tokens: rate * seconds, at: now }
}

/** Take `amount`; false when the bucket is empty: more came than the rate allows. A clock that is set back gives nothing. */
export function take(bucket: Bucket, amount: number, rate: number, seconds: number, now: number): boolean {
  const capacity = rate * seconds
  const passed = Math.max(0, now - bucket.at) / 1000
  bucket.tokens = Math.min(capacity, bucket.tokens + passed * rate) - amount
  bucket.at = now
  return bucket.tokens >= 0
}
