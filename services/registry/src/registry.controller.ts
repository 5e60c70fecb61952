import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import {
  registryCalls,
  type ChangeAnswer,
  type ClaimAnswerPayload,
  type ImportAnswerPayload,
  type SignBoxKeysPayload,
} from '@waystation/bus';
import { RegistryCalls } from './registry-calls.js';

/** The calls by channel. */
@Controller()
export class RegistryController {
  readonly #calls: RegistryCalls;

  constructor(calls: RegistryCalls) {
    this.#calls = calls;
  }

  @MessagePattern(registryCalls.claim)
  claim(@Payload() payload: unknown): Promise<ClaimAnswerPayload> {
    return this.#calls.claim(payload);
  }

  @MessagePattern(registryCalls.rename)
  rename(@Payload() payload: unknown): Promise<ClaimAnswerPayload> {
    return this.#calls.rename(payload);
  }

  @MessagePattern(registryCalls.signBoxKeys)
  signBoxKeys(@Payload() payload: unknown): SignBoxKeysPayload {
    return this.#calls.signBoxKeys(payload);
  }

  @MessagePattern(registryCalls.setDisabled)
  setDisabled(@Payload() payload: unknown): Promise<ChangeAnswer> {
    return this.#calls.setDisabled(payload);
  }

  @MessagePattern(registryCalls.remove)
  remove(@Payload() payload: unknown): Promise<ChangeAnswer> {
    return this.#calls.remove(payload);
  }

  @MessagePattern(registryCalls.import)
  import(@Payload() payload: unknown): Promise<ImportAnswerPayload> {
    return this.#calls.import(payload);
  }
}
