// Holds every document of a file to the schema of its kind: prints "Kind name" for each, or fails with what is wrong.
const fs = require('fs');
const yaml = require('js-yaml');

for (const document of yaml.loadAll(fs.readFileSync(process.argv[2], 'utf8'))) {
  const Kind = require(`kubernetes-models/${document.apiVersion}`)[document.kind];
  new Kind(document).validate();
  console.log(document.kind, document.metadata.name);
}
