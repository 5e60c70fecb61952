import { HttpException } from '@nestjs/common';

/**
 * A request that is understood and refused. 200 with `{"error": …}` is what every client generation
 * shows as text; another status only where the client does something with it.
 */
export class Refusal extends HttpException {
  constructor(text: string, status = 200) {
    super(text, status);
  }
}
