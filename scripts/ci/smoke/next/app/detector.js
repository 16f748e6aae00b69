'use client'
import { useEffect } from 'react'
import { decide } from '../decide.js'

export function Detector() {
  useEffect(() => {
    decide().catch((error) => {
      document.title = `failed: ${error.message}`
    })
  }, [])
  return null
}
