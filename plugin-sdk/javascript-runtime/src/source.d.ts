// The file that the host hands over: `wit/script`.

declare module "cuebox:script/source@0.1.0" {
  export function name(): string;
  export function text(): string;
}
