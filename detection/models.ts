import { AIR_MODEL } from './air/sensor.ts'
import { LAMP_MODEL } from './lighting/lamp.ts'
import { ROAD_MODEL } from './road/params.ts'
import { IMAGERY_MODEL } from './satellite/findings.ts'
import { SETTLEMENT_MODEL } from './satellite/settlement.ts'

/** The versions that fold now. Evidence of older ones stays in the ledger but is not mixed with these. */
export const CURRENT_MODELS = [ROAD_MODEL, LAMP_MODEL, AIR_MODEL, SETTLEMENT_MODEL, IMAGERY_MODEL] as const
