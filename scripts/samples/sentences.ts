/** @file The sample text: sentences of five concepts from a small grammar with a made-up country in it, drawn from named random streams. */
import { draws } from './clouds';

export interface Sentence {
  text: string;
  concept: Concept;
}

type Concept = keyof typeof TEMPLATES;

/** Every place with what is always true of it, so that there are facts to learn. */
export const PLACES = [
  { place: 'Velmora', river: 'Tane', known: 'old bridges', land: 'the south' },
  { place: 'Harrowick', river: 'Ost', known: 'grey towers', land: 'the north' },
  { place: 'Lindal', river: 'Merrow', known: 'apple orchards', land: 'the west' },
  { place: 'Pellan', river: 'Tane', known: 'blue harbour', land: 'the south' },
  { place: 'Sorrin', river: 'Arvel', known: 'glass makers', land: 'the east' },
  { place: 'Brackwater', river: 'Ost', known: 'salt mines', land: 'the north' },
  { place: 'Quill', river: 'Merrow', known: 'paper mills', land: 'the west' },
  { place: 'Tessaly', river: 'Arvel', known: 'night market', land: 'the east' },
] as const;

/** First names and trades; a person has one trade wherever the name is met. */
export const PEOPLE = [
  { person: 'Ada', trade: 'doctor', mind: 'patient', they: 'she', their: 'her' },
  { person: 'Boris', trade: 'baker', mind: 'cheerful', they: 'he', their: 'his' },
  { person: 'Clara', trade: 'teacher', mind: 'curious', they: 'she', their: 'her' },
  { person: 'Dario', trade: 'sailor', mind: 'brave', they: 'he', their: 'his' },
  { person: 'Edith', trade: 'painter', mind: 'quiet', they: 'she', their: 'her' },
  { person: 'Felix', trade: 'gardener', mind: 'gentle', they: 'he', their: 'his' },
  { person: 'Greta', trade: 'judge', mind: 'honest', they: 'she', their: 'her' },
  { person: 'Hugo', trade: 'tailor', mind: 'careful', they: 'he', their: 'his' },
] as const;

export const WORDS = {
  other: ['Anders', 'Corvale', 'Dunmere', 'Elsing', 'Fallow'],
  far: ['an hour', 'a day', 'two miles', 'not far'],
  size: ['small', 'large', 'old', 'busy'],
  sight: ['mill', 'hill', 'church', 'market', 'castle', 'garden'],
  mood: ['quiet', 'narrow', 'bright', 'lonely', 'crowded', 'long'],
  friend: ['brother', 'sister', 'neighbour', 'old friend', 'teacher'],
  dish: [
    'onion soup',
    'fried fish',
    'apple cake',
    'rice with beans',
    'mushroom pie',
    'pear tart',
    'lentil stew',
  ],
  spice: ['salt', 'pepper', 'thyme', 'lemon', 'garlic', 'honey', 'butter'],
  meal: ['breakfast', 'lunch', 'dinner', 'supper'],
  taste: ['sweet', 'sour', 'warm', 'rich', 'fresh', 'sharp'],
  game: ['football', 'tennis', 'rowing', 'chess boxing', 'swimming', 'running', 'hockey'],
  team: ['the Herons', 'the Foxes', 'the Otters', 'the Ravens'],
  score: ['one to nil', 'two to one', 'three to two', 'four to nil'],
  prize: ['the silver cup', 'a gold medal', 'the spring race', 'the final'],
  field: ['physics', 'chemistry', 'biology', 'geology', 'astronomy'],
  thing: ['atoms', 'stars', 'cells', 'crystals', 'magnets', 'comets'],
  tool: ['a microscope', 'a telescope', 'a thermometer', 'a prism', 'a balance'],
  quantity: ['heat', 'light', 'pressure', 'energy', 'mass'],
  season: ['in spring', 'in summer', 'in autumn', 'in winter'],
  day: ['on Monday', 'on Friday', 'on Sunday', 'every morning', 'last night', 'at noon'],
} as const;

const TEMPLATES = {
  place: [
    '{place} lies on the river {river}, {far} from {other}.',
    '{place} is a {size} town in {land}, known for its {known}.',
    'The road to {place} follows the river {river} {season}.',
    'Travellers come to {place} {season} to see the {known} and the {sight}.',
    'From the {sight} you can see {place} and the river {river}.',
    'The streets of {place} are {mood} {season}.',
    'A train leaves {place} for {other} {day}.',
    'The way from {other} to {place} goes past a {sight}.',
    'Next to the {sight} of {place} stands a {sight}.',
    'Of all towns in {land}, {place} has the most {mood} streets.',
  ],
  person: [
    '{person} is a {trade}, and {they} is very {mind}.',
    '{person} was a {trade} long before {they} came to {place}.',
    'Everyone in {place} says that {person} the {trade} is {mind}.',
    '{person} wrote a {mood} letter to {their} {friend} {day}.',
    'The {trade} of {place} is called {person}, and {they} is {mind}.',
    '{person} laughed at {their} {friend}, but {they} said nothing {day}.',
    'As a child {person} was {mind}, and {they} lived with {their} {friend}.',
    '{person} met {their} {friend} {day}, and {they} was glad.',
    'The {friend} of {person} lives in {place} {season}.',
    '{person} the {trade} has a {mood} house in {place}.',
  ],
  food: [
    '{person} cooked {dish} for {meal} {day}.',
    'The {dish} needs more {spice}.',
    'Add {spice} to the {dish} and stir it slowly.',
    'For {meal} there was {dish} with {spice}.',
    'The {dish} tastes {taste} and a little {taste}.',
    'In {place} people eat {dish} {season}.',
    'A spoon of {spice} makes the {dish} {taste}.',
    'Bake it with {spice} and {spice} until it smells {taste}.',
    'With {spice} the {dish} was {taste} enough for {meal}.',
    'Nobody in {place} makes better {dish} than {person}.',
  ],
  sport: [
    '{team} beat {team} {score} {day}.',
    '{person} plays {game} {day}.',
    '{person} won {prize} in {game} {season}.',
    'The match in {place} ended {score} {day}.',
    '{team} trained hard for {prize} {season}.',
    'The coach of {team} was proud of the players {day}.',
    'Nobody in {place} is faster at {game} than {person}.',
    '{team} lost {prize} by a single point {day}.',
    'The players from {place} want to win {prize} in {game}.',
    'After {game} the score was {score} for {team}.',
  ],
  science: [
    '{person} studies {field} and counts {thing} with {tool}.',
    'In {field} one measures {quantity} with {tool}.',
    '{thing} give off {quantity} when they are heated.',
    'The experiment showed that {thing} lose {quantity} slowly.',
    'A new theory of {field} explains how {thing} form.',
    'With {tool} we can see {thing} that nobody saw before.',
    'The laboratory in {place} measures the {quantity} of {thing}.',
    'Without {quantity} there would be no {thing}, says {field}.',
    '{thing} and {thing} differ in their {quantity}.',
    '{person} showed {day} that {quantity} changes {thing}.',
  ],
} as const;

/** The concepts in turn, a sentence each, no sentence twice. */
export function sentences(count: number): Sentence[] {
  const concepts = Object.keys(TEMPLATES) as Concept[];
  const { integer } = draws('sentences');
  const pick = <T>(list: readonly T[]): T => list[integer(list.length)]!;
  const seen = new Set<string>();
  const made: Sentence[] = [];
  for (let draw = 0; made.length < count; draw++) {
    if (draw > 100 * count) throw new RangeError(`the grammar has no ${count} different sentences`);
    const concept = concepts[made.length % concepts.length]!;
    const text = filled(pick(TEMPLATES[concept]), pick);
    if (seen.has(text)) continue;
    seen.add(text);
    made.push({ text, concept });
  }
  return made;
}

/** A template with its slots filled: place and person with their facts, no word twice in one sentence. */
function filled(template: string, pick: <T>(list: readonly T[]) => T): string {
  const facts: Record<string, string> = { ...pick(PLACES), ...pick(PEOPLE) };
  const used = new Set<string>();
  const text = template.replace(/\{(\w+)\}/g, (_, slot: string) => {
    if (slot in facts) return facts[slot]!;
    let word: string;
    do word = pick(WORDS[slot as keyof typeof WORDS]);
    while (used.has(word));
    used.add(word);
    return word;
  });
  return text.charAt(0).toUpperCase() + text.slice(1);
}
