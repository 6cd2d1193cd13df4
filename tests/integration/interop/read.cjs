// Reads COUNT records of some topics with kafkajs, has the CloudEvents SDK decode each, and prints a line of JSON for it.
const { Kafka, logLevel } = require("kafkajs");
const cloudevents = require("cloudevents");

const [broker, count, ...topics] = process.argv.slice(2);
const kafka = new Kafka({ brokers: [broker], clientId: "interop", logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: `${topics[0]}.readers` });

async function main() {
  const lines = [];
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise((resolve, reject) => {
    // A group that a new broker has yet to load crashes kafkajs, which then starts again by itself.
    consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
    consumer.run({
      eachMessage: async ({ message }) => {
        // kafkajs has headers and keys as bytes, the SDK wants them as text.
        const headers = Object.fromEntries(Object.entries(message.headers).map(([name, raw]) => [name, raw.toString()]));
        const event = cloudevents.Kafka.toEvent({ headers, key: message.key.toString(), value: message.value });
        event.validate();
        lines.push(JSON.stringify({ ...event.toJSON(), key: message.key.toString() }));
        if (lines.length === Number(count)) resolve();
      },
    }).catch(reject);
  });
  await consumer.disconnect();
  console.log(lines.join("\n"));
}

main().then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
