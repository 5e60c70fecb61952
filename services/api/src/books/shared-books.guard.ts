import { type CanActivate, Inject, Injectable, NotFoundException } from '@nestjs/common';
import { CONFIG } from '@waystation/ops';
import type { ApiConfig } from '../api-config.js';

/** 404 is the one answer that sends new clients back to the old address book. */
@Injectable()
export class SharedBooksGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: ApiConfig) {}

  canActivate(): boolean {
    if (this.config.addressBook === 'shared') return true;
    throw new NotFoundException('This server has the old address book');
  }
}
