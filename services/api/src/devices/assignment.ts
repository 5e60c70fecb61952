import type { BookEntries } from '../books/book-entries.js';
import type { AddressBooks } from '../books/address-books.js';
import type { DeviceStore } from '../store/device-store.js';
import type { NameStore } from '../store/name-store.js';
import type { UserTable } from '../store/account-tables.js';
import { type Fields, optionalText, text } from '../http/fields.js';
import { Refusal } from '../http/refusal.js';
import type { RegisteredDevices } from './registered-devices.js';

const MAX_ID_CHARS = 253;
const MAX_NOTE_CHARS = 300;

type Assigned = Parameters<DeviceStore['assign']>[1];

/** What `--assign` on a device's own command line sets: everything it names, or nothing. */
export class Assignment {
  constructor(
    private readonly devices: DeviceStore,
    private readonly registered: RegisteredDevices,
    private readonly names: NameStore,
    private readonly books: AddressBooks,
    private readonly entries: BookEntries,
  ) {}

  /** Throws Refusal with a text that the command line prints. */
  async apply(operator: UserTable, fields: Fields): Promise<void> {
    const id = text(fields, 'id', MAX_ID_CHARS);
    const uuid = text(fields, 'uuid');
    await this.#check(id, uuid);
    const assigned = await this.#resolve(fields);
    const texts = deviceTexts(fields);
    const book = await this.#book(operator, fields);
    if (book !== undefined) await this.entries.addPeer(book, operator, bookEntry(id, fields));
    const { guid } = await this.devices.save(id, uuid, {});
    await this.devices.update(guid, texts);
    if (Object.keys(assigned).length > 0) await this.devices.assign(guid, assigned);
  }

  async #check(id: string, uuid: string): Promise<void> {
    const known = await this.devices.byId(id);
    if (uuid !== '' && known?.uuid === uuid) return;
    if (await this.registered.owns(id, uuid)) return;
    throw new Refusal('This device is not registered at this server');
  }

  async #resolve(fields: Fields): Promise<Assigned> {
    const assigned: Assigned = {};
    const { names } = this;
    const owner = await resolved(fields, 'user_name', 'user', (name) => names.user(name));
    if (owner !== undefined) assigned.owner_guid = owner;
    const strategy = await resolved(fields, 'strategy_name', 'strategy', (name) =>
      names.strategy(name),
    );
    if (strategy !== undefined) assigned.strategy_guid = strategy;
    const group = await resolved(fields, 'device_group_name', 'device group', (name) =>
      names.deviceGroup(name),
    );
    if (group !== undefined) assigned.device_group_guid = group;
    return assigned;
  }

  /** Among the books that the token's owner may change. */
  async #book(operator: UserTable, fields: Fields): Promise<string | undefined> {
    const name = text(fields, 'address_book_name');
    if (name === '') return undefined;
    const found = (await this.books.profiles(operator)).find((book) => book.name === name);
    if (found === undefined) throw new Refusal(`There is no address book ${name}`);
    await this.books.require(found.guid, operator, 2);
    const tag = text(fields, 'address_book_tag');
    const tags = tag === '' ? [] : await this.entries.tags(found.guid, operator);
    if (tag !== '' && !tags.some((one) => one.name === tag)) {
      throw new Refusal(`There is no tag ${tag} in the address book ${name}`);
    }
    return found.guid;
  }
}

async function resolved(
  fields: Fields,
  field: string,
  what: string,
  find: (name: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const name = text(fields, field);
  if (name === '') return undefined;
  const guid = await find(name);
  if (guid === undefined) throw new Refusal(`There is no ${what} ${name}`);
  return guid;
}

function deviceTexts(fields: Fields): Record<string, string> {
  const given = ['note', 'device_username', 'device_name'].map((name) => {
    return [name, optionalText(fields, name, MAX_NOTE_CHARS)] as const;
  });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

function bookEntry(id: string, fields: Fields): Fields {
  const tag = text(fields, 'address_book_tag');
  return {
    id,
    ...(tag === '' ? {} : { tags: [tag] }),
    alias: fields['address_book_alias'],
    password: fields['address_book_password'],
    note: fields['address_book_note'],
  };
}
