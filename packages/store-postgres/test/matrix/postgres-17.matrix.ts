import { versionConformance } from './version-conformance.ts'

versionConformance(17)
