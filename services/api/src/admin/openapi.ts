import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** Where programs read what operators can call. */
export const OPENAPI_PATH = '/api/openapi.json';

/**
 * The document of everything that operators call, derived from the controllers. What only clients
 * call has no summary and is left out: it is not ours to change.
 */
export function openApi(app: INestApplication): OpenAPIObject {
  const about = new DocumentBuilder()
    .setTitle('Waystation')
    .setDescription('What operators and scripts call; tokens are made under /api/v1/tokens')
    .setVersion('1')
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, about);
  const paths = Object.entries(document.paths).map(([path, operations]) => {
    const described = Object.entries(operations).filter(([, operation]) => hasSummary(operation));
    return [path, Object.fromEntries(described)] as const;
  });
  const kept = paths.filter(([, operations]) => Object.keys(operations).length > 0);
  return { ...document, paths: Object.fromEntries(kept) };
}

function hasSummary(operation: unknown): boolean {
  return typeof operation === 'object' && operation !== null && 'summary' in operation;
}
