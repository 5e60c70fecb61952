import { apiContract } from './api-items.js';
import type { Contract, Item } from './item.js';
import { protocolContract } from './protocol-items.js';
import type { Claim } from './titles.js';

/** Every document whose promises tests have to name. */
export const contracts: readonly Contract[] = [protocolContract, apiContract];

/** The page docs/conformance.md for these claims. */
export function renderPage(claims: readonly Claim[]): string {
  const filled = contracts.filter(({ items }) => items.length > 0);
  return [INTRODUCTION, ...filled.map((contract) => renderContract(contract, claims))].join('\n');
}

/** The numbers of items that need a test and have none. */
export function uncovered(contract: Contract, claims: readonly Claim[]): number[] {
  return contract.items
    .filter((item) => item.waits === undefined && claimsFor(contract, item, claims).length === 0)
    .map(({ number }) => number);
}

/** Tags in titles that no contract knows, such as a mistyped number. */
export function unknownTags(claims: readonly Claim[]): string[] {
  const known = new Set(
    contracts.flatMap(({ letter, items }) => items.map(({ number }) => tagOf(letter, number))),
  );
  const letters = new Set(
    contracts.filter(({ items }) => items.length > 0).map(({ letter }) => letter),
  );
  return claims
    .filter(({ tag }) => letters.has(tag.charAt(0)) && !known.has(tag))
    .map(({ tag, file }) => `${tag} in ${file}`);
}

const INTRODUCTION = `# Conformance

This page is made from the titles of the tests by \`npm run generate\`. A test whose title carries \`[P49]\`
proves item 49 of the wire protocol's list, one with \`[A12]\` item 12 of the api's; the numbers are the lists' own.
`;

function renderContract(contract: Contract, claims: readonly Claim[]): string {
  const rows = contract.items.map((item) => {
    const own = claimsFor(contract, item, claims);
    const rest = item.waits === undefined ? [] : [item.waits];
    const proof = [...own.map(renderClaim), ...rest].join('<br>') || '**no test**';
    return `| ${tagOf(contract.letter, item.number)} | ${cell(item.text)} | ${proof} |`;
  });
  return [
    `## ${contract.heading}`,
    '',
    '| item | about | proven by |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function claimsFor({ letter }: Contract, { number }: Item, claims: readonly Claim[]): Claim[] {
  return claims.filter(({ tag }) => tag === tagOf(letter, number));
}

function tagOf(letter: string, number: number): string {
  return `${letter}${String(number)}`;
}

function renderClaim({ file, title }: Claim): string {
  return `\`${file}\`: ${cell(title)}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
