// Purpose: the associate's code (once per shift) and the ten seconds in which an action can be undone.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Action } from '../action';
import { associateCode } from '../identity';
import { UNDO_MS } from '../model';
import { usePage } from './context';

interface ShiftProps {
  onCode(code: string): void;
  onEnd(): void;
  onClose(): void;
}

export function ShiftDialog({ onCode, onEnd, onClose }: ShiftProps) {
  const { me, words } = usePage();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, type] = useState('');
  const [wrong, setWrong] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const code = associateCode(typed);
    if (code === null) setWrong(true);
    else onCode(code);
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="shift-title" onClose={onClose}>
      <form onSubmit={submit}>
        <h2 id="shift-title">{words.shiftTitle}</h2>
        <p>{words.shiftText}</p>
        <label>
          <span class="label">{words.shiftLabel}</span>
          <input
            value={typed}
            onInput={(event) => type(event.currentTarget.value)}
            name="associate"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            maxLength={16}
            placeholder="A12"
            aria-invalid={wrong}
            aria-describedby="shift-error"
          />
        </label>
        <p id="shift-error" class="error" role="status">
          {wrong ? words.shiftError : ''}
        </p>
        <div class="dialog-buttons">
          <button type="submit" class="button primary">
            {words.shiftStart}
          </button>
          {me.associate !== null && (
            <button type="button" class="button" onClick={onEnd}>
              {words.shiftEnd}
            </button>
          )}
          <button type="button" class="button quiet" onClick={onClose}>
            {words.cancel}
          </button>
        </div>
      </form>
    </dialog>
  );
}

export function UndoBar() {
  const { state, now, words, act } = usePage();
  const { undoable } = state;
  const left = undoable === null ? 0 : Math.ceil((undoable.at + UNDO_MS - now) / 1000);
  const name = undoable?.action.action;
  const shown = undoable !== null && left > 0 && name !== undefined && name !== 'undo' && name !== 'seen';
  const takeBack = ({ visit, suggestion, id }: Action) => {
    act({ action: 'undo', visit, suggestion, undoes: id });
    document.querySelector('main')?.focus({ preventScroll: true }); // this button is about to go
  };
  return (
    <div class={shown ? 'undo' : 'undo none'}>
      <p role="status">{shown ? words.acted[name] : ''}</p>
      {shown && (
        <button type="button" class="button inverse" onClick={() => takeBack(undoable.action)}>
          {words.undo} <span class="seconds" aria-hidden="true">{left} s</span>
        </button>
      )}
    </div>
  );
}
