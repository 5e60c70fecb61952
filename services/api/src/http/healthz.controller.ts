import { Controller, Get } from '@nestjs/common';

/** Tells a balancer on the public port that this replica accepts requests. */
@Controller('healthz')
export class HealthzController {
  @Get()
  healthz(): { status: string } {
    return { status: 'ok' };
  }
}
