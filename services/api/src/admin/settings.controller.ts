import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { apiSettings, effectiveSettings } from '@waystation/config';
import { CONFIG } from '@waystation/ops';
import { ForAdmins } from '../accounts/access.guard.js';
import type { ApiConfig } from '../api-config.js';
import type { Paged } from '../http/page.js';
import { Describe } from './describe.js';

/** What this service runs with. */
@Controller('api/v1/settings')
@ApiTags('settings')
@ForAdmins()
export class SettingsController {
  constructor(@Inject(CONFIG) private readonly config: ApiConfig) {}

  @Get()
  @Describe('List the settings of the api as they are in effect; secrets are masked')
  list(): Paged<object> {
    const data = effectiveSettings(apiSettings, this.config).map(({ isDefault, ...setting }) => ({
      ...setting,
      is_default: isDefault,
    }));
    return { total: data.length, data };
  }
}
