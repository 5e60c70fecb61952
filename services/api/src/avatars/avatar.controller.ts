import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  BadRequestException,
  Controller,
  Get,
  NotFoundException,
  Param,
  Req,
  Res,
} from '@nestjs/common';
import { ApiConsumes, ApiTags } from '@nestjs/swagger';
import { Caller, ForUsers } from '../accounts/access.guard.js';
import type { SignedIn } from '../accounts/login-tokens.js';
import { Describe } from '../admin/describe.js';
import { readBody } from '../http/json-body.js';
import { DeleteOk, PutOk } from '../http/ok.js';
import { AvatarStore } from '../store/avatar-store.js';
import { pictureKind } from './picture.js';

/** Clients load it again and again, over slow lines too. */
const MOST_BYTES = 256 * 1024;
/** Long enough that nobody finds a picture that he was not told of. */
const NAME_BYTES = 16;

/** The picture of a user: he sets it, and whoever knows its name sees it (api 2.11). */
@Controller()
@ApiTags('me')
export class AvatarController {
  constructor(private readonly avatars: AvatarStore) {}

  @PutOk('api/v1/me/avatar')
  @ForUsers()
  @Describe('Set the own picture: PNG, JPEG, GIF or WebP, at most 256 KiB, as the body itself')
  @ApiConsumes('image/png', 'image/jpeg', 'image/gif', 'image/webp')
  async set(
    @Caller() { user }: SignedIn,
    @Req() request: IncomingMessage,
  ): Promise<{ avatar: string }> {
    const bytes = await readBody(request, MOST_BYTES);
    const kind = pictureKind(bytes);
    if (kind === undefined) throw new BadRequestException('A PNG, JPEG, GIF or WebP is expected');
    const name = `${randomBytes(NAME_BYTES).toString('hex')}.${kind.extension}`;
    const path = `/avatar/${name}`;
    const data = bytes.toString('base64');
    await this.avatars.set({ user_guid: user.guid, name, media_type: kind.mediaType, data }, path);
    return { avatar: path };
  }

  @DeleteOk('api/v1/me/avatar')
  @ForUsers()
  @Describe('Take the own picture away')
  remove(@Caller() { user }: SignedIn): Promise<void> {
    return this.avatars.remove(user.guid);
  }

  @Get('avatar/:name')
  async show(@Param('name') name: string, @Res() response: ServerResponse): Promise<void> {
    const picture = await this.avatars.byName(name);
    if (picture === undefined) throw new NotFoundException('There is no such picture');
    const bytes = Buffer.from(picture.data, 'base64');
    response.writeHead(200, {
      'content-type': picture.media_type,
      'content-length': bytes.length,
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
      // another picture has another name
      'cache-control': 'public, max-age=31536000, immutable',
    });
    response.end(bytes);
  }
}
