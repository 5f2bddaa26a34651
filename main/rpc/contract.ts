/** @file The one contract between the engine and its views: types only, the same over MessagePort and WebSocket. */
export type * from '../contract/desktop';
export type * from '../contract/engine';
export type { AnswerOf, AnswerTo, ArgumentsOf, MethodQueries, QuestionName } from '../contract/query';
export type * from '../contract/projection';
