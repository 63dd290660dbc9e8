/**
 * The sales file knows countries, but no shops. They are derived: one store for each foreign country, and twelve shops in the United Kingdom among which its
 * customers are spread by their number (walk-in sales by the number of their invoice). The shops' towns are invented.
 */
export const homeCountry = 'United Kingdom';

export const homeTowns = [
  'London',
  'Birmingham',
  'Leeds',
  'Glasgow',
  'Sheffield',
  'Manchester',
  'Edinburgh',
  'Liverpool',
  'Bristol',
  'Cardiff',
  'Leicester',
  'Norwich',
] as const;

/** The file's spelling, ours where it differs. */
const countryNames: Readonly<Record<string, string>> = { EIRE: 'Ireland', RSA: 'South Africa', USA: 'United States' };

/** The country as the service names it. */
export const countryOf = (fileCountry: string): string => countryNames[fileCountry] ?? fileCountry;

/** The name of the store that made a sale. */
export function storeNameOf(country: string, customerId: number | undefined, invoiceNo: string): string {
  if (country !== homeCountry) return `Gift shop ${country}`;
  const number = customerId ?? Number(invoiceNo);
  return `Gift shop ${homeTowns[number % homeTowns.length]}`;
}

/** The till account of a store; the domain `.example` can receive no mail. */
export const tillEmailOf = (storeName: string): string => `till@${storeName.toLowerCase().replace(/[^a-z]+/g, '-')}.example`;
