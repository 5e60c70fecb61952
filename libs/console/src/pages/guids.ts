import { ApiError, call } from '../api.js';

const NOT_FOUND = 404;

/** The guid of a user by name. Throws ApiError when there is none. */
export async function userGuid(name: string): Promise<string> {
  return guidOf('api/users', name, `There is no user ${name}`);
}

/** The guid of a control role by name. Throws ApiError when there is none. */
export async function roleGuid(name: string): Promise<string> {
  return guidOf('api/v1/control-roles', name, `There is no control role ${name}`);
}

async function guidOf(path: string, name: string, unknown: string): Promise<string> {
  const wanted = new URLSearchParams({ name });
  const { data } = await call<{ data: { guid: string; name: string }[] }>(
    'GET',
    `${path}?${wanted.toString()}`,
  );
  const found = data.find((one) => one.name.toLowerCase() === name.trim().toLowerCase());
  if (found === undefined) throw new ApiError(unknown, NOT_FOUND);
  return found.guid;
}
