// What AWS's bootstrap for Node does with the runtime API: load the handler, take events, give answers back.
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const [file, name] = process.argv[2].split(".");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, target, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ host, port, method, agent, path: `/2018-06-01/runtime/${target}` }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ headers: answer.headers, body: Buffer.concat(chunks).toString() }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

const handler = createRequire(import.meta.url)(path.resolve(process.env.LAMBDA_TASK_ROOT, `${file}.js`))[name];
for (;;) {
  const { headers, body } = await call("GET", "invocation/next");
  const id = headers["lambda-runtime-aws-request-id"];
  if (!id) break;
  try {
    const answer = await handler(JSON.parse(body), { awsRequestId: id, callbackWaitsForEmptyEventLoop: false });
    await call("POST", `invocation/${id}/response`, JSON.stringify(answer));
  } catch (error) {
    await call("POST", `invocation/${id}/error`, JSON.stringify({ errorMessage: String(error) }));
  }
}
