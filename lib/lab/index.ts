export { Signals, signals, type LayerSignal, type Scale, type SignalOptions } from './signals.js';
