export type {
  FetchDataRewrite,
  FetchNode,
  PlanNode,
  QueryPlan,
  QueryPlanSelectionNode,
} from '@apollo/query-planner';
export { type AccessModel, readAccessModel } from './access/access-model.ts';
export { type AccessRequirement, accessRefusal } from './access/access-requirement.ts';
export { type CostModel, type FieldCostInput, maxCost, readCostModel } from './cost-model.ts';
export { defaultLimits } from './default-limits.ts';
export { documentBytes } from './document-bytes.ts';
export { type FetchCondition, type FetchRequest, type ScheduledFetch, scheduleFetches } from './fetch-schedule.ts';
export { type Cacheability, operationCacheability } from './operation-cacheability.ts';
export { type CostInput, costliestPath, operationCost } from './operation-cost.ts';
export { operationDepth } from './operation-depth.ts';
export { type PlanExtent, planExtent } from './plan-extent.ts';
export type { PictureFrame } from './plan-picture/labels.ts';
export { planMermaid } from './plan-picture/plan-mermaid.ts';
export { type PlanPicture, planPicture } from './plan-picture/plan-picture.ts';
export { planSvg } from './plan-picture/plan-svg.ts';
export { planTree } from './plan-picture/plan-tree.ts';
export { type PlanSummary, planSubgraphs, summarizePlan } from './plan-summary.ts';
export type { RequiredSelection } from './planning/conditional-requirements.ts';
export { clientName, plannedName } from './planning/planned-aliases.ts';
export { type Planned, type Planner, type PlannerOptions, startPlanner } from './planning/planner.ts';
export { rootFieldCounts } from './root-fields.ts';

export { withoutSecurityMarker } from './security-marker.ts';
export { subgraphContact } from './subgraph-contact.ts';
export { type CacheHint, readSubgraphHints, type SubgraphHints } from './subgraph-hints.ts';
export {
  type LoadedSupergraph,
  type OpenedSupergraph,
  openSupergraph,
  type PlanRunner,
  planOperation,
  type SubgraphLocation,
  SupergraphError,
} from './supergraph.ts';
