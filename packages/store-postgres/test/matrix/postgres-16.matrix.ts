import { versionConformance } from './version-conformance.ts'

versionConformance(16)
