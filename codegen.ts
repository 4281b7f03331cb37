import type { CodegenConfig } from '@graphql-codegen/cli';
import { subgraphNames, subgraphSdl } from '@nova/schema';
import { clientNames } from './persisted-queries/clients.ts';

const scalars = {
  DateTime: { input: 'string', output: 'Date' },
  Email: 'string',
  Username: 'string',
  _FieldSet: 'string',
};

/** Types that resolvers of a subgraph return: rows of its nouns, not the GraphQL shapes. */
const mappers: Record<string, Record<string, string>> = {
  identity: {
    Account: '../accounts/account.ts#Account as AccountModel',
    AccountAccess: '../grants/account-access.ts#AccountAccess as AccountAccessModel',
    User: '../graphql/resolvers/user.ts#UserReference',
  },
  user: {
    User: '../profiles/profile.ts#Profile as ProfileModel',
    Erasure: '../erasures/erasure.ts#Erasure as ErasureModel',
  },
  content: {
    Post: '../posts/post.ts#Post as PostModel',
    PostEdit: '../posts/post.ts#PostEdit as PostEditModel',
    Comment: '../comments/comment.ts#Comment as CommentModel',
    ViewerComment: '../comments/comment.ts#Comment as CommentModel',
    User: '../graphql/resolvers/user.ts#UserReference',
  },
  search: {
    SearchConnection: '../searches/search-commands.ts#FoundPage',
    SearchEdge: '../searches/search-commands.ts#FoundEdge',
    SearchResult: '../searches/search-commands.ts#FoundNode',
    User: '../searches/search-commands.ts#FoundNode',
    Post: '../searches/search-commands.ts#FoundNode',
    SearchSuggestion: '../searches/search-repository.ts#Suggestion',
  },
  social: {
    User: '../graphql/resolvers/user.ts#UserReference',
    Post: '../graphql/resolvers/post.ts#PostReference',
    FollowConnection: '../graphql/resolvers/follow-connection.ts#FollowPage',
    FollowEdge: '../graphql/resolvers/follow-connection.ts#FollowOnPage',
    LikeConnection: '../graphql/resolvers/like-connection.ts#LikePage',
    LikeEdge: '../graphql/resolvers/like-connection.ts#LikeOnPage',
    LikedPostConnection: '../graphql/resolvers/liked-post-connection.ts#LikedPostPage',
    LikedPostEdge: '../graphql/resolvers/liked-post-connection.ts#LikedPostOnPage',
    BlockConnection: '../graphql/resolvers/block-connection.ts#BlockPage',
    BlockEdge: '../graphql/resolvers/block-connection.ts#BlockOnPage',
  },
  media: {
    MediaAsset: '../assets/asset.ts#Asset as AssetModel',
    User: '../graphql/resolvers/user.ts#UserReference',
  },
  communication: {
    Conversation: '../conversations/conversation.ts#Conversation as ConversationModel',
    Participant: '../conversations/conversation.ts#Participant as ParticipantModel',
    Message: '../messages/message.ts#Message as MessageModel',
    Notification: '../notifications/notification.ts#Notification as NotificationModel',
  },
  events: {
    DomainEvent: '../domain-events/domain-event.ts#DomainEvent as DomainEventModel',
    DeadLetter: '../dead-letters/dead-letter.ts#DeadLetter as DeadLetterModel',
  },
};

const resolverTypes = Object.fromEntries(
  subgraphNames().map((name) => [
    `subgraphs/${name}/src/generated/graphql.ts`,
    {
      schema: subgraphSdl(name),
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        immutableTypes: true,
        scalars,
        mappers: mappers[name] ?? {},
        contextType: '../graphql/context.ts#Context',
      },
    },
  ]),
);

const clientDocuments = Object.fromEntries(
  clientNames().map((name) => [
    `persisted-queries/gen/${name}/`,
    {
      schema: 'schema/api.graphql',
      documents: [`persisted-queries/${name}/*.graphql`],
      preset: 'client' as const,
      presetConfig: {
        persistedDocuments: { mode: 'embedHashInDocument', hashAlgorithm: 'sha256' },
        fragmentMasking: false,
      },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        scalars: { DateTime: 'string', Email: 'string', Username: 'string' },
      },
    },
  ]),
);

const config: CodegenConfig = {
  generates: {
    ...resolverTypes,
    ...clientDocuments,
  },
};

export default config;
