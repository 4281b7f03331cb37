import type { Faker } from '@faker-js/faker';
import { faker as german } from '@faker-js/faker/locale/de';
import { faker as english } from '@faker-js/faker/locale/en';
import { faker as indian } from '@faker-js/faker/locale/en_IN';
import { faker as nigerian } from '@faker-js/faker/locale/en_NG';
import { faker as spanish } from '@faker-js/faker/locale/es';
import { faker as french } from '@faker-js/faker/locale/fr';
import { faker as italian } from '@faker-js/faker/locale/it';
import { faker as dutch } from '@faker-js/faker/locale/nl';
import { faker as polish } from '@faker-js/faker/locale/pl';
import { faker as brazilian } from '@faker-js/faker/locale/pt_BR';
import { faker as swedish } from '@faker-js/faker/locale/sv';
import { faker as turkish } from '@faker-js/faker/locale/tr';

/** Where people come from: names and towns that go together. */
export type Place = { readonly names: Faker; readonly towns: readonly string[] };

export const places: readonly Place[] = [
  {
    names: english,
    towns: ['Leeds, UK', 'Bristol, UK', 'Glasgow, UK', 'Cardiff, UK', 'London, UK', 'Dublin, Ireland', 'Cork, Ireland'],
  },
  {
    names: english,
    towns: [
      'Portland, Oregon',
      'Chicago, Illinois',
      'Austin, Texas',
      'Halifax, Canada',
      'Toronto, Canada',
      'Denver, Colorado',
    ],
  },
  {
    names: english,
    towns: [
      'Melbourne, Australia',
      'Hobart, Australia',
      'Wellington, New Zealand',
      'Dunedin, New Zealand',
      'Cape Town, South Africa',
    ],
  },
  {
    names: german,
    towns: [
      'Leipzig, Germany',
      'Hamburg, Germany',
      'Freiburg, Germany',
      'Graz, Austria',
      'Vienna, Austria',
      'Basel, Switzerland',
    ],
  },
  {
    names: french,
    towns: [
      'Lyon, France',
      'Nantes, France',
      'Toulouse, France',
      'Liège, Belgium',
      'Lausanne, Switzerland',
      'Québec, Canada',
    ],
  },
  {
    names: spanish,
    towns: [
      'Valencia, Spain',
      'Bilbao, Spain',
      'Oaxaca, Mexico',
      'Medellín, Colombia',
      'Rosario, Argentina',
      'Santiago, Chile',
    ],
  },
  {
    names: italian,
    towns: ['Bologna, Italy', 'Turin, Italy', 'Palermo, Italy', 'Trieste, Italy', 'Lugano, Switzerland'],
  },
  {
    names: brazilian,
    towns: [
      'Recife, Brazil',
      'Curitiba, Brazil',
      'São Paulo, Brazil',
      'Belo Horizonte, Brazil',
      'Porto Alegre, Brazil',
    ],
  },
  { names: polish, towns: ['Kraków, Poland', 'Gdańsk, Poland', 'Wrocław, Poland', 'Poznań, Poland'] },
  { names: swedish, towns: ['Malmö, Sweden', 'Gothenburg, Sweden', 'Uppsala, Sweden', 'Umeå, Sweden'] },
  {
    names: dutch,
    towns: ['Utrecht, Netherlands', 'Groningen, Netherlands', 'Rotterdam, Netherlands', 'Ghent, Belgium'],
  },
  { names: turkish, towns: ['İzmir, Türkiye', 'Ankara, Türkiye', 'Eskişehir, Türkiye', 'Istanbul, Türkiye'] },
  { names: indian, towns: ['Pune, India', 'Kochi, India', 'Bengaluru, India', 'Kolkata, India', 'Chennai, India'] },
  { names: nigerian, towns: ['Lagos, Nigeria', 'Ibadan, Nigeria', 'Abuja, Nigeria', 'Enugu, Nigeria'] },
];
