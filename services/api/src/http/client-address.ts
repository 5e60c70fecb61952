import { type ExecutionContext, createParamDecorator } from '@nestjs/common';
import { normaliseIp } from '@waystation/wire';

/**
 * Where a request comes from. Forwarded headers count only when TRUSTED_PROXIES names the sender,
 * see `trust proxy` in http-app.ts.
 */
export const ClientAddress = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => {
    const { ip } = context.switchToHttp().getRequest<{ ip?: string }>();
    return ip === undefined ? '' : (normaliseIp(ip) ?? '');
  },
);
