export { type Problem, type ProblemAnswer, problemOf, problemType } from './problem.ts';
