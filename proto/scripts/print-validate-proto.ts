/**
 * Writes third_party/buf/validate/validate.proto from the descriptor inside @bufbuild/protovalidate.
 * The npm package ships no .proto; printing it from what is installed keeps the rules that buf compiles and the
 * rules that servers enforce the same version.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { type DescEnum, type DescExtension, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { file_buf_validate_validate as file } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';

const indent = (lines: string[]) => lines.map((line) => `  ${line}`);

function typeOf(field: DescField | DescExtension): string {
  if (field.fieldKind === 'map')
    return `map<${ScalarType[field.mapKey]?.toLowerCase()}, ${field.message?.typeName ?? field.enum?.typeName ?? ScalarType[field.scalar as ScalarType]?.toLowerCase()}>`;
  if (field.message) return `.${field.message.typeName}`;
  if (field.enum) return `.${field.enum.typeName}`;
  return (ScalarType[field.scalar as ScalarType] as string).toLowerCase();
}

function fieldLine(field: DescField | DescExtension): string {
  const label =
    field.fieldKind === 'list'
      ? 'repeated '
      : field.fieldKind === 'map' || ('oneof' in field && field.oneof)
        ? ''
        : 'optional ';
  return `${label}${typeOf(field)} ${field.name} = ${field.number};`;
}

function enumLines(description: DescEnum): string[] {
  return [
    `enum ${description.name} {`,
    ...indent(description.values.map(({ name, number }) => `${name} = ${number};`)),
    '}',
  ];
}

function messageLines(message: DescMessage): string[] {
  const ranges = message.proto.extensionRange.map(
    ({ start, end }) => `extensions ${start} to ${end === 536870912 ? 'max' : end - 1};`,
  );
  const members = message.members.flatMap((member) =>
    member.kind === 'oneof'
      ? [`oneof ${member.name} {`, ...indent(member.fields.map(fieldLine)), '}']
      : [fieldLine(member)],
  );
  return [
    `message ${message.name} {`,
    ...indent([
      ...message.nestedEnums.flatMap(enumLines),
      ...message.nestedMessages.flatMap(messageLines),
      ...members,
      ...ranges,
    ]),
    '}',
  ];
}

const lines = [
  '// Printed from the descriptor in @bufbuild/protovalidate by scripts/print-validate-proto.ts. Apache-2.0, Buf Technologies, Inc.',
  'syntax = "proto2";',
  `package ${file.proto.package};`,
  ...file.proto.dependency.map((dependency) => `import "${dependency}";`),
  ...file.enums.flatMap(enumLines),
  ...file.messages.flatMap(messageLines),
  ...file.extensions.flatMap((extension) => [
    `extend .${extension.extendee.typeName} {`,
    ...indent([fieldLine(extension)]),
    '}',
  ]),
];
const target = new URL('../third_party/buf/validate/', import.meta.url);
mkdirSync(target, { recursive: true });
writeFileSync(new URL('validate.proto', target), `${lines.join('\n')}\n`);
