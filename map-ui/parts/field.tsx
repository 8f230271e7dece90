import { cloneElement, type ReactElement, useId } from 'react'

type Control = ReactElement<{
  id?: string
  'aria-describedby'?: string | undefined
  'aria-invalid'?: boolean | undefined
  className?: string
}>

type Props = {
  label: string
  hint?: string | undefined
  /** what is wrong with this field, from the API or the form itself */
  fault?: string | undefined
  children: Control
  /** label is read but not shown: for filters whose value says what they are */
  quiet?: boolean
}

/** A labelled form control; its hint and its fault are tied to it for screen readers. */
export function Field({ label, hint, fault, quiet = false, children }: Props) {
  const id = useId()
  const described = [hint ? `${id}-hint` : '', fault ? `${id}-fault` : ''].filter(Boolean).join(' ')
  return (
    <div className={`field ${fault ? 'field--faulty' : ''}`}>
      <label htmlFor={id} className={quiet ? 'seen-by-readers' : 'utrecht-form-label'}>
        {label}
      </label>
      {hint ? (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      ) : null}
      {cloneElement(children, {
        id,
        'aria-describedby': described || undefined,
        'aria-invalid': fault ? true : undefined,
      })}
      {fault ? (
        <p id={`${id}-fault`} className="field-fault">
          {fault}
        </p>
      ) : null}
    </div>
  )
}

export const TEXTBOX = 'utrecht-textbox utrecht-textbox--html-input'
export const TEXTAREA = 'utrecht-textarea utrecht-textarea--html-textarea'
export const SELECT = 'utrecht-select utrecht-select--html-select'
