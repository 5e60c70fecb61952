import { call, download } from '../api.js';
import type { Action } from '../dialog.js';
import { bytes, plain } from '../format.js';
import type { List } from '../list-page.js';
import { Mark, Moment, type Row } from '../table.js';

/** Recordings of sessions that devices have uploaded. */
export const recordings: List = {
  title: 'Recordings',
  about:
    'What devices recorded and uploaded. The device and the time in the name are what the device says; the oldest go when they reach the age or the size that the settings allow.',
  path: 'api/v1/recordings',
  empty: 'There are no recordings. Devices can upload them where RECORDINGS=Y is set.',
  filters: [
    { name: 'device', label: 'Device', anywhere: true },
    { name: 'address', label: 'Address', anywhere: true },
    {
      name: 'growing',
      label: 'State',
      choices: [
        ['1', 'being written'],
        ['0', 'over'],
      ],
    },
  ],
  columns: [
    { title: 'Device', field: 'device' },
    {
      title: 'Last written',
      field: 'written_at',
      show: ({ written_at }) => <Moment at={written_at} />,
    },
    {
      title: 'Address',
      field: 'address',
      show: ({ address }) => <span class="breaks">{plain(address)}</span>,
    },
    {
      title: 'Size',
      field: 'bytes',
      show: (row) => <span class="line">{bytes(row['bytes'])}</span>,
    },
    {
      title: 'State',
      field: 'growing',
      show: ({ growing }) =>
        growing === true ? (
          <Mark tone="good" text="being written" />
        ) : (
          <Mark tone="dim" text="over" />
        ),
    },
    { title: 'File', field: 'file', show: ({ file }) => <span class="breaks">{plain(file)}</span> },
  ],
  rowActions: (recording) => [fetchIt(recording), remove(recording)],
};

function pathOf({ address, file }: Row): string {
  const [folder, name] = [address, file].map((part) => encodeURIComponent(String(part)));
  return `api/v1/recordings/${folder}/${name}`;
}

function fetchIt(recording: Row): Action {
  return {
    label: 'Download',
    about: 'That it was fetched is noted under Operators.',
    run: () => download(pathOf(recording), String(recording['file'])),
  };
}

function remove(recording: Row): Action {
  const isGrowing = recording['growing'] === true;
  return {
    label: 'Delete',
    about: isGrowing
      ? 'It is being written: the device stops, and what there is of it is lost.'
      : 'It cannot be brought back.',
    danger: true,
    run: () => call('DELETE', pathOf(recording)),
  };
}
