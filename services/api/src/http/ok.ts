import { Delete, HttpCode, Post, Put, applyDecorators } from '@nestjs/common';

/** The one status that clients take for success; Nest's own default for POST is 201. */
const OK = 200;

/** `@Post` that answers 200. */
export function PostOk(path?: string | string[]): MethodDecorator {
  return applyDecorators(Post(path), HttpCode(OK));
}

/** `@Put` that answers 200. */
export function PutOk(path?: string | string[]): MethodDecorator {
  return applyDecorators(Put(path), HttpCode(OK));
}

/** `@Delete` that answers 200. */
export function DeleteOk(path?: string | string[]): MethodDecorator {
  return applyDecorators(Delete(path), HttpCode(OK));
}
