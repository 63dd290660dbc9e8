import type { FastifyReply } from 'fastify';
import { Exchange, type RoutePlan, type Traffic } from '../context/index.ts';

/** A request that came through Fastify. */
export class FastifyExchange extends Exchange {
  readonly #reply: FastifyReply;

  constructor(traffic: Traffic, plan: RoutePlan, reply: FastifyReply) {
    super(traffic, plan, reply.request.raw, reply.raw, reply.request.id);
    this.#reply = reply;
  }

  protected answerWith(error: unknown): void {
    if (!this.#reply.sent) this.#reply.send(error);
  }
}
