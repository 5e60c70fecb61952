import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import {
  BadRequestException,
  type ExecutionContext,
  PayloadTooLargeException,
  createParamDecorator,
} from '@nestjs/common';

/** Enough for every call but the old address book. */
const BODY_LIMIT_BYTES = 256 * 1024;
/** The old address book comes whole in one request. */
export const BOOK_LIMIT_BYTES = 16 * 1024 * 1024;

const unzip = promisify(gunzip);

/**
 * The parsed body of a request, read after the guards have let the caller in: a stranger makes us
 * keep nothing. An empty body is `{}`, whatever its headers say. Whole numbers beyond 2^53 come as
 * their decimal text, because a number would be rounded. The argument is the limit in bytes, also
 * of what a gzip body unpacks to.
 */
export const JsonBody = createParamDecorator(
  async (limitBytes: number | undefined, context: ExecutionContext): Promise<unknown> => {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    const body = await readJson(request, limitBytes ?? BODY_LIMIT_BYTES);
    bodies.set(request, body);
    return body;
  },
);

const bodies = new WeakMap<IncomingMessage, unknown>();

/** What JsonBody has read of this request; undefined when it was not asked to. */
export function bodyOf(request: IncomingMessage): unknown {
  return bodies.get(request);
}

async function readJson(request: IncomingMessage, limitBytes: number): Promise<unknown> {
  const body = await readBody(request, limitBytes);
  if (body.length === 0) return {};
  try {
    return parseJson(body.toString('utf8'));
  } catch {
    throw new BadRequestException('The body is not JSON');
  }
}

/** Reads a whole body. Throws PayloadTooLargeException, BadRequestException for broken gzip. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks, bytes);
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding === 'identity' || bytes === 0) return body;
  if (coding !== 'gzip') throw new BadRequestException('Only gzip bodies can be unpacked');
  return unpack(body, limitBytes);
}

async function unpack(body: Buffer, limitBytes: number): Promise<Buffer> {
  try {
    return await unzip(body, { maxOutputLength: limitBytes });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new BadRequestException('The gzip body is broken');
  }
}

function tooLarge(): PayloadTooLargeException {
  return new PayloadTooLargeException('The body is too large');
}

/** JSON.parse that keeps whole numbers exact; throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, exact);
}

function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}
