import { Controller, Get, Header, Query, Req } from '@nestjs/common';
import { ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import { renderSVG } from 'uqr';
import { ForUsers } from '../accounts/access.guard.js';
import { Describe } from '../admin/describe.js';
import { configString, qrText, windowsName } from '@waystation/wire';
import { ClientConfigs, type Visit } from './client-configs.js';

type Request = Visit & { readonly query: Record<string, unknown> };

const OVERRIDES = ['host', 'relay', 'api'];

/** How clients are told of this server: a string, a file name, a QR code. */
@Controller('api/v1/client-config')
@ApiTags('client configuration')
@ForUsers()
export class ClientConfigController {
  constructor(private readonly configs: ClientConfigs) {}

  @Get()
  @Describe('Show the configuration of clients: fields, string, Windows file name, QR text, link')
  @DescribeOverrides()
  async show(@Query() query: unknown, @Req() request: Request): Promise<object> {
    const config = await this.configs.make(query, request);
    const text = configString(config);
    return {
      ...config,
      config: text,
      exe_name: windowsName(config),
      qr_text: qrText(config),
      link: `rustdesk://config/${text}`,
      command: `rustdesk --config ${text}`,
    };
  }

  @Get('qr.svg')
  @Header('content-type', 'image/svg+xml; charset=utf-8')
  @Header('cache-control', 'no-store')
  @ApiProduces('image/svg+xml')
  @Describe('Draw the QR code that phones scan')
  @DescribeOverrides()
  async qr(@Query() query: unknown, @Req() request: Request): Promise<string> {
    const config = await this.configs.make(query, request);
    return renderSVG(qrText(config), { ecc: 'M', border: 4 });
  }
}

function DescribeOverrides(): MethodDecorator {
  return (...place) => {
    for (const name of OVERRIDES) {
      ApiQuery({ name, required: false, type: String, description: 'instead of our own' })(
        ...place,
      );
    }
  };
}
