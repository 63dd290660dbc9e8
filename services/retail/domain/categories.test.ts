import { expect, it } from 'vitest';
import { categoryNames, categoryOf, giftCategory } from './categories.ts';

it.each([
  ['SET/9 CHRISTMAS T-LIGHTS SCENTED', 'Christmas and seasons'],
  ['WHITE SKULL HOT WATER BOTTLE', 'Comfort and bath'],
  ['PINK TALL PORCELAIN T-LIGHT HOLDER', 'Lighting and candles'],
  ['RED RETROSPOT TOTE BAG', 'Bags and purses'],
  ['SET OF 3 CAKE TINS PANTRY DESIGN', 'Kitchen and baking'],
  ['SET 3 RETROSPOT TEA,COFFEE,SUGAR', 'Kitchen and baking'],
  ['BLUE POLKADOT BOWL', 'Table and drinks'],
  ["Dr. Jam's Arouzer Stress Ball", giftCategory],
])('R1 %s is in the category %s', (name, category) => {
  expect(categoryOf(name)).toBe(category);
});

it('R1 a word counts only as a whole word', () => {
  expect(categoryOf('CANDLEPOT')).toBe(giftCategory);
});

it('R1 no category has two names', () => {
  expect(new Set(categoryNames).size).toBe(categoryNames.length);
});
