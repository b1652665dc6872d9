// Purpose: every word of the page, in French and English, from one typed catalogue: a sentence that is
// missing in a language does not compile. Texts of the gateway (label, reason, notice) are not here.

import type { ActionName, Outcome, Refusal } from './action';
import type { Language, Purpose } from './card';

export interface Messages {
  title: string;
  zoneKinds: Record<string, { one: string; area: string }>; // one: with a number behind it
  zoneUnknown: string;
  justNow: string;
  minutes: (n: number) => string;
  hours: (n: number, minutes: number) => string;
  waiting: string;
  member: string;
  size: string;
  oneSize: string;
  oneSizeShort: string; // under the word "size"
  sizeUnsure: string;
  color: string;
  stock: (n: number) => string;
  stockNone: string;
  stockUnknown: string;
  stockAge: (time: string, ago: string) => string;
  location: string;
  notices: Record<string, string>; // the gateway's notice codes; a notice that is not here is shown as it is
  collect: string;
  claim: string;
  release: string;
  takenBy: (who: string) => string;
  takenByYou: string;
  doneState: string;
  outcomes: Record<Outcome, string>;
  outcomeQuestion: string;
  refusalQuestion: string;
  refusals: Record<Refusal, string>;
  back: string;
  purposeQuestion: string;
  purposes: Record<Purpose, string>;
  doNotDisturb: string;
  notThisCustomer: string;
  closing: Record<'do_not_disturb' | 'not_this_customer', string>;
  undo: string;
  acted: Record<Exclude<ActionName, 'undo' | 'seen'>, string>;
  queueTitle: string;
  more: (n: number) => string;
  newCard: (zone: string, what: string) => string;
  emptyTitle: string;
  emptyText: string;
  online: string;
  connecting: string;
  offline: string;
  offlineSince: (time: string) => string;
  pending: (n: number) => string;
  stale: string;
  notSent: (n: number) => string;
  signIn: string;
  shift: (code: string) => string;
  shiftTitle: string;
  shiftText: string;
  shiftLabel: string;
  shiftError: string;
  shiftStart: string;
  shiftEnd: string;
  cancel: string;
  language: string;
  suggestions: string;
  configMissing: string;
}

const fr: Messages = {
  title: 'Conseil en boutique',
  zoneKinds: {
    entrance: { one: 'Entrée', area: 'Entrée' },
    floor: { one: 'Rayon', area: 'Surface de vente' },
    fitting: { one: 'Cabine', area: 'Cabines' },
    till: { one: 'Caisse', area: 'Caisses' },
  },
  zoneUnknown: 'En boutique',
  justNow: 'à l’instant',
  minutes: (n) => `${n} min`,
  hours: (n, minutes) => `${n} h ${String(minutes).padStart(2, '0')}`,
  waiting: 'Attente',
  member: 'Client fidélité',
  size: 'Taille',
  oneSize: 'Taille unique',
  oneSizeShort: 'Unique',
  sizeUnsure: 'à confirmer',
  color: 'Couleur',
  stock: (n) => `${n} en stock`,
  stockNone: 'Épuisé ici',
  stockUnknown: 'Stock inconnu',
  stockAge: (time, ago) => `Stock relevé à ${time} · ${ago}`,
  location: 'Emplacement',
  notices: { service_first: 'Service d’abord : un dossier est ouvert. Écouter avant de proposer.' },
  collect: 'Commande à remettre',
  claim: 'Je m’en occupe',
  release: 'Libérer',
  takenBy: (who) => `Pris par ${who}`,
  takenByYou: 'Vous vous en occupez',
  doneState: 'Terminé',
  outcomes: { proposed: 'Proposé', tried: 'Essayé', sold: 'Vendu', refused: 'Refusé', other_size: 'Autre taille' },
  outcomeQuestion: 'Résultat',
  refusalQuestion: 'Pour quelle raison ?',
  refusals: { size: 'Taille', color: 'Couleur', price: 'Prix', style: 'Style', already: 'Déjà' },
  back: 'Retour',
  purposeQuestion: 'Venu pour',
  purposes: { find: 'Trouver', try: 'Essayer', collect: 'Retirer', return: 'Rapporter', look: 'Flâner' },
  doNotDisturb: 'Ne pas déranger',
  notThisCustomer: 'Pas ce client',
  closing: {
    do_not_disturb: 'Ce client ne sera plus dérangé. La carte va disparaître.',
    not_this_customer: 'Merci. La reconnaissance est corrigée et la carte va disparaître.',
  },
  undo: 'Annuler',
  acted: {
    claim: 'Client pris en charge',
    release: 'Client libéré',
    purpose: 'Motif noté',
    proposed: 'Noté : proposé',
    tried: 'Noté : essayé',
    sold: 'Noté : vendu',
    refused: 'Noté : refusé',
    other_size: 'Autre taille demandée',
    do_not_disturb: 'Ne pas déranger',
    not_this_customer: 'Pas ce client',
  },
  queueTitle: 'Clients',
  more: (n) => `+${n} en attente`,
  newCard: (zone, what) => `Nouvelle carte : ${zone}, ${what}`,
  emptyTitle: 'Personne n’attend',
  emptyText: 'Une carte apparaît ici dès qu’un client fidélité est en cabine.',
  online: 'En ligne',
  connecting: 'Connexion…',
  offline: 'Hors ligne',
  offlineSince: (time) => `Hors ligne — données de ${time}`,
  pending: (n) => (n === 1 ? '1 action en attente d’envoi' : `${n} actions en attente d’envoi`),
  stale: 'Données anciennes',
  notSent: (n) => (n === 1 ? '1 action n’a pas pu être envoyée' : `${n} actions n’ont pas pu être envoyées`),
  signIn: 'S’identifier',
  shift: (code) => `Vendeur ${code}`,
  shiftTitle: 'Qui êtes-vous ?',
  shiftText: 'Votre code vendeur, une fois par service. Il accompagne vos actions.',
  shiftLabel: 'Code vendeur',
  shiftError: 'Un code de 1 à 12 lettres et chiffres, par exemple A12.',
  shiftStart: 'Commencer',
  shiftEnd: 'Fin de service',
  cancel: 'Fermer',
  language: 'Langue',
  suggestions: 'Suggestions',
  configMissing: 'La passerelle ne répond pas. Nouvel essai…',
};

const en: Messages = {
  title: 'In-store advice',
  zoneKinds: {
    entrance: { one: 'Entrance', area: 'Entrance' },
    floor: { one: 'Floor', area: 'Shop floor' },
    fitting: { one: 'Fitting room', area: 'Fitting rooms' },
    till: { one: 'Till', area: 'Tills' },
  },
  zoneUnknown: 'In the store',
  justNow: 'just now',
  minutes: (n) => `${n} min`,
  hours: (n, minutes) => `${n} h ${String(minutes).padStart(2, '0')}`,
  waiting: 'Waiting',
  member: 'Loyalty member',
  size: 'Size',
  oneSize: 'One size',
  oneSizeShort: 'One size',
  sizeUnsure: 'to confirm',
  color: 'Colour',
  stock: (n) => `${n} in stock`,
  stockNone: 'None left here',
  stockUnknown: 'Stock unknown',
  stockAge: (time, ago) => `Stock as of ${time} · ${ago}`,
  location: 'Location',
  notices: { service_first: 'Service first: a case is open. Listen before proposing.' },
  collect: 'Order to hand over',
  claim: 'I’ll take care of it',
  release: 'Release',
  takenBy: (who) => `Taken by ${who}`,
  takenByYou: 'You are on it',
  doneState: 'Done',
  outcomes: { proposed: 'Proposed', tried: 'Tried', sold: 'Sold', refused: 'Refused', other_size: 'Other size' },
  outcomeQuestion: 'Outcome',
  refusalQuestion: 'For what reason?',
  refusals: { size: 'Size', color: 'Colour', price: 'Price', style: 'Style', already: 'Has it' },
  back: 'Back',
  purposeQuestion: 'Here to',
  purposes: { find: 'Find', try: 'Try on', collect: 'Collect', return: 'Return', look: 'Look around' },
  doNotDisturb: 'Do not disturb',
  notThisCustomer: 'Not this customer',
  closing: {
    do_not_disturb: 'This customer will not be disturbed any more. The card is about to go.',
    not_this_customer: 'Thank you. Recognition is corrected and the card is about to go.',
  },
  undo: 'Undo',
  acted: {
    claim: 'Customer taken',
    release: 'Customer released',
    purpose: 'Purpose noted',
    proposed: 'Noted: proposed',
    tried: 'Noted: tried',
    sold: 'Noted: sold',
    refused: 'Noted: refused',
    other_size: 'Other size asked for',
    do_not_disturb: 'Do not disturb',
    not_this_customer: 'Not this customer',
  },
  queueTitle: 'Customers',
  more: (n) => `+${n} waiting`,
  newCard: (zone, what) => `New card: ${zone}, ${what}`,
  emptyTitle: 'Nobody is waiting',
  emptyText: 'A card appears here as soon as a loyalty member is in a fitting room.',
  online: 'Online',
  connecting: 'Connecting…',
  offline: 'Offline',
  offlineSince: (time) => `Offline — data from ${time}`,
  pending: (n) => (n === 1 ? '1 action waiting to be sent' : `${n} actions waiting to be sent`),
  stale: 'Old data',
  notSent: (n) => (n === 1 ? '1 action could not be sent' : `${n} actions could not be sent`),
  signIn: 'Sign in',
  shift: (code) => `Associate ${code}`,
  shiftTitle: 'Who are you?',
  shiftText: 'Your associate code, once per shift. It goes with your actions.',
  shiftLabel: 'Associate code',
  shiftError: 'A code of 1 to 12 letters and digits, for example A12.',
  shiftStart: 'Start',
  shiftEnd: 'End of shift',
  cancel: 'Close',
  language: 'Language',
  suggestions: 'Suggestions',
  configMissing: 'The gateway does not answer. Trying again…',
};

export const MESSAGES: Record<Language, Messages> = { fr, en };
