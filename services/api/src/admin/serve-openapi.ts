import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { OPENAPI_PATH, openApi } from './openapi.js';

/** Serves the document; it is made when it is first asked for. */
export function serveOpenApi(app: INestApplication): void {
  let document: OpenAPIObject | undefined;
  const server = app.getHttpAdapter();
  server.get(OPENAPI_PATH, (_: unknown, response: unknown) => {
    document ??= openApi(app);
    server.reply(response, document, 200);
  });
}
