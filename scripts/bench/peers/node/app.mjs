// The plan of the first order as a Node team would write it: express, AWS SDK v3, stripe; bundled by esbuild.
// Left out, because the plan leaves it out: no reservation before the checkout, no transaction, no coupon, no lock against
// two checkouts at once, no reconciliation.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import express from "express";
import serverless from "serverless-http";
import Stripe from "stripe";

const TABLE = process.env.TABLE_NAME;
const dynamodb = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const secrets = new SecretsManagerClient({});

let keys;
let stripe;

async function stripeClient() {
  if (!stripe) {
    const answer = await secrets.send(new GetSecretValueCommand({ SecretId: process.env.STRIPE_SECRET_NAME }));
    keys = JSON.parse(answer.SecretString);
    const base = process.env.STRIPE_API_BASE ? new URL(process.env.STRIPE_API_BASE) : null;
    const emulator = base && { host: base.hostname, port: base.port, protocol: base.protocol.replace(":", "") };
    stripe = new Stripe(keys.STRIPE_SECRET_KEY, { apiVersion: "2026-10-28.endive", telemetry: false, ...emulator });
  }
  return stripe;
}

async function item(PK, SK) {
  return (await dynamodb.send(new GetCommand({ TableName: TABLE, Key: { PK, SK } }))).Item;
}

async function enrollFree(userId, course) {
  const Item = {
    PK: `USER#${userId}`, SK: `COURSE#${course.courseId}`, GSI1PK: `COURSE#${course.courseId}`, GSI1SK: `USER#${userId}`,
    userId, courseId: course.courseId, enrollmentType: "free", paymentStatus: "free", progress: 0, completed: false,
    enrolledAt: new Date().toISOString(),
  };
  await dynamodb.send(new PutCommand({ TableName: TABLE, Item, ConditionExpression: "attribute_not_exists(PK)" }));
  return { enrollment: Item, status: "active" };
}

async function startPayment(userId, email, course) {
  const client = await stripeClient();
  const student = await item(`USER#${userId}`, "METADATA");
  const session = await client.checkout.sessions.create({
    mode: "payment",
    ui_mode: "embedded_page",
    line_items: [{ price: course.stripePriceId, quantity: 1 }],
    return_url: `${process.env.WEB_ORIGIN}/return.html?session_id={CHECKOUT_SESSION_ID}`,
    metadata: { userId, courseId: course.courseId },
    ...(student?.stripeCustomerId ? { customer: student.stripeCustomerId } : { customer_email: email, customer_creation: "always" }),
  });
  return { clientSecret: session.client_secret, status: "pending" };
}

async function completePayment(session) {
  const { userId, courseId } = session.metadata;
  const now = new Date().toISOString();
  const Item = {
    PK: `USER#${userId}`, SK: `COURSE#${courseId}`, GSI1PK: `COURSE#${courseId}`, GSI1SK: `USER#${userId}`,
    userId, courseId, enrollmentType: "paid", paymentStatus: "completed", stripeSessionId: session.id,
    stripePaymentIntentId: session.payment_intent, progress: 0, completed: false, enrolledAt: now,
  };
  await dynamodb.send(new PutCommand({ TableName: TABLE, Item, ConditionExpression: "attribute_not_exists(PK)" }));
  await dynamodb.send(new UpdateCommand({
    TableName: TABLE,
    Key: { PK: `USER#${userId}`, SK: "METADATA" },
    UpdateExpression: "SET stripeCustomerId = :customer, updatedAt = :now",
    ExpressionAttributeValues: { ":customer": session.customer ?? "none", ":now": now },
  }));
}

const app = express();

app.get("/api/health", (_request, response) => response.json({ status: "ok" }));

app.get("/api/courses", async (_request, response) => {
  const answer = await dynamodb.send(new QueryCommand({
    TableName: TABLE, IndexName: "GSI1", KeyConditionExpression: "GSI1PK = :pk", ExpressionAttributeValues: { ":pk": "COURSE" },
  }));
  response.json(answer.Items.map(({ PK, SK, GSI1PK, GSI1SK, ...course }) => course));
});

app.post("/api/enrollments", express.json(), async (request, response) => {
  const claims = request.apiGateway.event.requestContext.authorizer?.claims;
  if (!claims) return response.status(401).json({ error: "Unauthorized" });
  const course = await item(`COURSE#${request.body.courseId}`, "METADATA");
  if (!course) return response.status(404).json({ error: "Course not found" });
  const enrolled = await item(`USER#${claims.sub}`, `COURSE#${course.courseId}`);
  if (enrolled) return response.status(200).json({ enrollment: enrolled, status: "active" });
  const started = course.pricingModel === "free" ? enrollFree(claims.sub, course) : startPayment(claims.sub, claims.email, course);
  return response.status(201).json(await started);
});

app.post("/api/webhooks/stripe", express.raw({ type: "application/json" }), async (request, response) => {
  const client = await stripeClient();
  let event;
  try {
    event = client.webhooks.constructEvent(request.body, request.headers["stripe-signature"], keys.STRIPE_WEBHOOK_SECRET);
  } catch {
    return response.status(400).json({ error: "Invalid signature" });
  }
  if (event.type === "checkout.session.completed") await completePayment(event.data.object);
  return response.json({ received: true });
});

export const handler = serverless(app);
