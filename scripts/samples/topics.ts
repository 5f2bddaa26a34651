/** @file Plain sentences of eight topics: whoever reads the first noun knows the topic, and may be led to another one. */
import { stream } from '../../native-models';

interface Words {
  nouns: readonly string[];
  verbs: readonly string[];
  places: readonly string[];
}

const words = (nouns: string, verbs: string, places: string): Words => ({
  nouns: nouns.split(' '),
  verbs: verbs.split(' '),
  places: places.split(', '),
});

const topics = {
  football: words(
    'keeper striker team coach referee player captain goal',
    'passed scored kicked saved tackled dribbled',
    'in the stadium, at the match, in the league, in the cup',
  ),
  river: words(
    'otter ferry boat heron current reed trout miller',
    'crossed followed splashed rowed drifted flooded',
    'under the bridge, by the bank, at the ford, in the delta',
  ),
  kitchen: words(
    'cook oven onion soup pepper kettle pie baker',
    'stirred baked peeled tasted salted boiled',
    'on the stove, in the pantry, at the table, in the bowl',
  ),
  music: words(
    'violin choir drum piano singer flute pianist trumpet',
    'sang played tuned hummed rehearsed conducted',
    'in the concert, at the opera, on the stage, in the chorus',
  ),
  garden: words(
    'gardener rose tulip hedge bee fern spade apple',
    'planted watered pruned bloomed weeded grew',
    'in the soil, behind the shed, on the lawn, in the orchard',
  ),
  school: words(
    'teacher pupil lesson pencil class essay exam book',
    'taught wrote copied learned spelled marked',
    'in the classroom, at the desk, on the blackboard, in the term',
  ),
  sky: words(
    'star comet planet moon rocket cloud astronomer satellite',
    'orbited shone rose glowed measured eclipsed',
    'above the horizon, at dawn, in the storm, beyond the sun',
  ),
  harbour: words(
    'ship sailor anchor crane cargo pilot fisherman mast',
    'sailed loaded moored hoisted towed docked',
    'in the port, at the dock, near the lighthouse, on the deck',
  ),
} as const;

type Topic = keyof typeof topics;

interface TopicText {
  topic: Topic;
  text: string;
}

const names = Object.keys(topics) as Topic[];
/** Between the two halves of a sentence. */
const JOINTS = [', and', ', while', ' because', ', but'] as const;

/** What the shipped model of topics learns from: all eight in turn. */
export const topicTexts = (count: number) => drawn('all', names, count);

/** Texts of anything but football. */
export const everydayTexts = (count: number) =>
  textsOf(
    'everyday',
    names.filter((topic) => topic !== 'football'),
    count,
  );

export const footballTexts = (count: number) => textsOf('football', ['football'], count);

const textsOf = (label: string, chosen: readonly Topic[], count: number) =>
  drawn(label, chosen, count).map(({ text }) => ({ text }));

function drawn(label: string, chosen: readonly Topic[], count: number): TopicText[] {
  return Array.from({ length: count }, (_, k) => {
    const topic = chosen[k % chosen.length]!;
    const draws = stream(11, `topics.${label}`, k).integers(new Int32Array(16), 1 << 24);
    let at = 0;
    const one = <T>(list: readonly T[]) => list[draws[at++]! % list.length]!;
    const { nouns, verbs, places } = topics[topic];
    const half = () => `the ${one(nouns)} ${one(verbs)} the ${one(nouns)} ${one(places)}`;
    const text = `${half()}${one(JOINTS)} ${half()}.`;
    return { topic, text: text[0]!.toUpperCase() + text.slice(1) };
  });
}
