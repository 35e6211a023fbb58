/**
 * The state machine of a connection as one pure function: a line for each arrow of the diagram in
 * RFC 9293 section 3.3.2 (figure 5), except SEND in LISTEN, plus one for all resets and timeouts.
 */

/** In the diagram's order; `TCP_STATE_NAMES` has their names. */
export const enum TcpState {
  Closed = 0,
  Listen,
  SynSent,
  SynReceived,
  Established,
  FinWait1,
  FinWait2,
  CloseWait,
  Closing,
  LastAck,
  TimeWait,
  COUNT,
}

/** What moves a connection from state to state: calls of the user, segments, time. */
export const enum TcpEvent {
  PassiveOpen,
  ActiveOpen,
  Close,
  /** A SYN without an acceptable ACK. */
  Syn,
  /** A SYN that acknowledges the SYN sent. */
  SynAcknowledged,
  /** An ACK of the SYN sent. */
  AckOfSyn,
  /** The peer's FIN, at RCV.NXT. */
  Fin,
  /** An ACK of the FIN sent. */
  AckOfFin,
  /** The connection is dropped, such as by a RST, an abort, a timeout or an ICMP error. */
  Drop,
  /** The TIME-WAIT timer expired. */
  TimeWaitOver,
  COUNT,
}

/** The names of the states, in the order of `TcpState`, as `ss` prints them. */
export const TCP_STATE_NAMES: StaticArray<string> = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECV",
  "ESTAB",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
];

/** Returns the state after `event`; the same state if the diagram has no arrow for the event. */
export function nextState(state: TcpState, event: TcpEvent): TcpState {
  if (event == TcpEvent.Drop) return TcpState.Closed;
  switch (state) {
    case TcpState.Closed:
      if (event == TcpEvent.PassiveOpen) return TcpState.Listen;
      if (event == TcpEvent.ActiveOpen) return TcpState.SynSent;
      return state;
    case TcpState.Listen:
      if (event == TcpEvent.Syn) return TcpState.SynReceived;
      if (event == TcpEvent.Close) return TcpState.Closed;
      return state;
    case TcpState.SynSent:
      if (event == TcpEvent.Syn) return TcpState.SynReceived;
      if (event == TcpEvent.SynAcknowledged) return TcpState.Established;
      if (event == TcpEvent.Close) return TcpState.Closed;
      return state;
    case TcpState.SynReceived:
      if (event == TcpEvent.AckOfSyn) return TcpState.Established;
      if (event == TcpEvent.Close) return TcpState.FinWait1;
      return state;
    case TcpState.Established:
      if (event == TcpEvent.Close) return TcpState.FinWait1;
      if (event == TcpEvent.Fin) return TcpState.CloseWait;
      return state;
    case TcpState.FinWait1:
      if (event == TcpEvent.AckOfFin) return TcpState.FinWait2;
      if (event == TcpEvent.Fin) return TcpState.Closing;
      return state;
    case TcpState.FinWait2:
      return event == TcpEvent.Fin ? TcpState.TimeWait : state;
    case TcpState.CloseWait:
      return event == TcpEvent.Close ? TcpState.LastAck : state;
    case TcpState.Closing:
      return event == TcpEvent.AckOfFin ? TcpState.TimeWait : state;
    case TcpState.LastAck:
      return event == TcpEvent.AckOfFin ? TcpState.Closed : state;
    case TcpState.TimeWait:
      return event == TcpEvent.TimeWaitOver ? TcpState.Closed : state;
    default:
      return state;
  }
}

/** Reports whether both sides' sequence numbers are synchronized (RFC 9293 section 3.5.3). */
export function isSynchronized(state: TcpState): bool {
  return state >= TcpState.Established;
}

/** Reports whether the peer may still send data (RFC 9293 section 3.10.7.4, seventh). */
export function receivesData(state: TcpState): bool {
  return state >= TcpState.Established && state <= TcpState.FinWait2;
}

/** Reports whether data or a FIN may still have to be sent. */
export function sendsData(state: TcpState): bool {
  return state >= TcpState.Established && state != TcpState.FinWait2 && state != TcpState.TimeWait;
}
