export { type PlainBounds, toPlain } from './plain.ts';
export { createRedactor, isSecretName, type Redactor, redacted, redactShapes } from './redaction.ts';
