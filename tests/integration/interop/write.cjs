// Makes a CloudEvent of each line of JSON on its standard input, {topic, event}, and publishes it with kafkajs.
const { Kafka, logLevel } = require("kafkajs");
const cloudevents = require("cloudevents");

const [broker, mode] = process.argv.slice(2); // mode: binary or structured
const kafka = new Kafka({ brokers: [broker], clientId: "interop", logLevel: logLevel.ERROR });

async function main() {
  const producer = kafka.producer();
  const lines = require("fs").readFileSync(0, "utf8").trim().split("\n");
  const topicMessages = lines.map((line) => {
    const { topic, event: attributes } = JSON.parse(line);
    // The SDK takes the record's key from partitionkey; with us the key is the subject.
    const event = new cloudevents.CloudEvent({ ...attributes, partitionkey: attributes.subject });
    const { key, headers, value } = cloudevents.Kafka[mode](event);
    const given = Object.fromEntries(Object.entries(headers).filter(([, text]) => text !== undefined));
    return { topic, messages: [{ key, headers: given, value: mode === "binary" ? JSON.stringify(value) : value }] };
  });
  await producer.connect();
  await producer.sendBatch({ topicMessages, acks: -1 });
  await producer.disconnect();
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
